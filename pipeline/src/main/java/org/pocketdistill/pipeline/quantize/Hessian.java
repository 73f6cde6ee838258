package org.pocketdistill.pipeline.quantize;

import org.pocketdistill.data.DataException;

/**
 * Second moments of a matrix's inputs, {@code H = 2/n · XᵀX}: what an error of its weights does to
 * its outputs. In fp64.
 */
public final class Hessian {
  private final double[][] sums;
  private long inputs;

  /** Of inputs of so many elements, none of which was seen yet. */
  public Hessian(int size) {
    this(new double[size][size], 0);
  }

  /** Of so many inputs with these {@code XᵀX}, of which the upper triangle counts. */
  Hessian(double[][] sums, long inputs) {
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
   * <p>H = VVᵀ with an upper triangular V, by Cholesky from the last column on; U = V⁻¹.
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
    double[][] factor = new double[size][size];
    for (int j = size - 1; j >= 0; j--) {
      for (int i = j; i >= 0; i--) {
        double element = i == j ? diagonal(order[j]) + damp * mean : at(order[i], order[j]);
        for (int k = j + 1; k < size; k++) {
          element -= factor[i][k] * factor[j][k];
        }
        if (i < j) {
          factor[i][j] = element / factor[j][j];
        } else if (element > 0) {
          factor[j][j] = Math.sqrt(element);
        } else {
          throw new DataException(
              "GPTQ: the moments of %d inputs of %d elements have no inverse; calibrate on more"
                      .formatted(inputs, size)
                  + " rows or with more damping");
        }
      }
    }
    return invert(factor);
  }

  private static double[][] invert(double[][] upper) {
    int size = upper.length;
    double[][] inverse = new double[size][size];
    for (int i = size - 1; i >= 0; i--) {
      inverse[i][i] = 1 / upper[i][i];
      for (int k = i + 1; k < size; k++) {
        double share = upper[i][k] / upper[i][i];
        for (int j = k; j < size; j++) {
          inverse[i][j] -= share * inverse[k][j];
        }
      }
    }
    return inverse;
  }
}
