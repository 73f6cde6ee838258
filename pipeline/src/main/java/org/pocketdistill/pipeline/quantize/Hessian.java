package org.pocketdistill.pipeline.quantize;

import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.pocketdistill.data.DataException;

/**
 * Second moments of a matrix's inputs, {@code H = 2/n · XᵀX}: what an error of its weights does to
 * its outputs. In fp64.
 */
public final class Hessian {
  /** Columns and rows of the factors that are found together, so that the caches hold them. */
  private static final int BLOCK = 64;

  private final double[][] sums;
  private long inputs;

  /** Of inputs of so many elements, none of which was seen yet. */
  public Hessian(int size) {
    this(new double[size][size], 0);
  }

  /** Of so many inputs with these {@code XᵀX} [size][size], of which the upper triangle counts. */
  public Hessian(double[][] sums, long inputs) {
    this.sums = sums;
    this.inputs = inputs;
  }

  /** Elements of an input. */
  public int size() {
    return sums.length;
  }

  /** Adds an input [size]. */
  public void add(float[] input) {
    for (int i = 0; i < input.length; i++) {
      double value = input[i];
      if (value != 0) {
        for (int j = i; j < input.length; j++) {
          sums[i][j] += value * input[j];
        }
      }
    }
    inputs++;
  }

  /** An element, 0 ≤ i, j &lt; size. */
  public double at(int i, int j) {
    return sums[Math.min(i, j)][Math.max(i, j)] * 2 / inputs;
  }

  /** Whether an element of the inputs was always zero: its weights do nothing. */
  boolean isDead(int i) {
    return sums[i][i] == 0;
  }

  /** Diagonal with 1 for a dead element. */
  double diagonal(int i) {
    return isDead(i) ? 1 : at(i, i);
  }

  /**
   * The upper triangular U of H⁻¹ = UᵀU, with rows and columns of H in another order.
   *
   * <p>H = VVᵀ with an upper triangular V, by Cholesky from the last column on; U = V⁻¹. Both in
   * blocks, whose columns (rows) take up what was found before them each by itself: threads change
   * no bit.
   *
   * @param damp added to the diagonal, as a share of its mean
   * @throws DataException if H is not positive definite then
   */
  double[][] inverseFactor(int[] order, double damp) {
    int size = order.length;
    double mean = 0;
    for (int i = 0; i < size; i++) {
      mean += diagonal(i) / size;
    }
    double added = damp * mean;
    double[][] columns = new double[size][]; // of V, each down to its diagonal
    for (int end = size; end > 0; end -= BLOCK) {
      int start = Math.max(0, end - BLOCK);
      int known = end;
      forEach(start, end, j -> columns[j] = rest(order, j, added, columns, known));
      for (int j = end - 1; j >= start; j--) {
        finish(columns, j, end);
      }
    }
    return inverse(columns);
  }

  private static void forEach(int start, int end, IntConsumer work) {
    IntStream.range(start, end).parallel().forEach(work);
  }

  /** Column j of H down to its diagonal, less what the columns of V from {@code known} on make. */
  private double[] rest(int[] order, int j, double added, double[][] columns, int known) {
    double[] column = new double[j + 1];
    for (int i = 0; i < j; i++) {
      column[i] = at(order[i], order[j]);
    }
    column[j] = diagonal(order[j]) + added;
    double[] factors = new double[BLOCK];
    for (int first = known; first < columns.length; first += BLOCK) {
      int count = Math.min(BLOCK, columns.length - first);
      for (int k = 0; k < count; k++) {
        factors[k] = columns[first + k][j];
      }
      RowProducts.subtract(column, 0, j + 1, factors, columns, first, count);
    }
    return column;
  }

  /** Subtracts what the later columns of the block make of column j, and divides by its root. */
  private void finish(double[][] columns, int j, int end) {
    double[] column = columns[j];
    double[] factors = new double[end - j - 1];
    for (int k = 0; k < factors.length; k++) {
      factors[k] = columns[j + 1 + k][j];
    }
    RowProducts.subtract(column, 0, j + 1, factors, columns, j + 1, factors.length);
    if (!(column[j] > 0)) {
      throw new DataException(
          "GPTQ: the moments of %d inputs of %d elements have no inverse; calibrate on more"
                  .formatted(inputs, columns.length)
              + " rows or with more damping");
    }
    column[j] = Math.sqrt(column[j]);
    for (int i = 0; i < j; i++) {
      column[i] /= column[j];
    }
  }

  /** V⁻¹ of the columns of V, from the last row on. */
  private static double[][] inverse(double[][] columns) {
    int size = columns.length;
    double[][] inverse = new double[size][size];
    for (int end = size; end > 0; end -= BLOCK) {
      int start = Math.max(0, end - BLOCK);
      int known = end;
      forEach(start, end, i -> start(columns, inverse, i, known));
      for (int i = end - 1; i >= start; i--) {
        double[] shares = shares(columns, i, i + 1, end - i - 1);
        RowProducts.subtract(inverse[i], i + 1, size, shares, inverse, i + 1, shares.length);
      }
    }
    return inverse;
  }

  /** The diagonal of row i, and what the rows from {@code known} on make of the others. */
  private static void start(double[][] columns, double[][] inverse, int i, int known) {
    int size = columns.length;
    inverse[i][i] = 1 / columns[i][i];
    for (int first = known; first < size; first += BLOCK) {
      double[] shares = shares(columns, i, first, Math.min(BLOCK, size - first));
      RowProducts.subtract(inverse[i], first, size, shares, inverse, first, shares.length);
    }
  }

  private static double[] shares(double[][] columns, int i, int first, int count) {
    double[] shares = new double[count];
    for (int k = 0; k < count; k++) {
      shares[k] = columns[first + k][i] / columns[i][i];
    }
    return shares;
  }
}
