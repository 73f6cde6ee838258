package org.pocketdistill.pipeline.quantize;

import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * GPTQ (Frantar et al., arXiv 2210.17323): column after column is rounded, and what that does to
 * the outputs is made up for by the columns that are still to come. With H the {@link Hessian} of
 * the inputs, damped, and the upper triangular U of H⁻¹ = UᵀU, for a row w and the column i:
 *
 * <pre>
 * q = round(w_i / scale + zero);  e = (w_i − scale · (q − zero)) / U_ii;  w_j −= e · U_ij, j ≥ i
 * </pre>
 *
 * In fp64, halves to even. Rows are computed by themselves, so threads change no bit. What 128
 * columns or so do to the columns behind them is taken up at once, some rows together: that keeps U
 * in the caches, and the order of the sums.
 *
 * @param bits of a code, 2 to 8
 * @param groupSize columns that share a scale
 * @param symmetric as {@link RoundToNearest} finds scales and zeros, in fp64
 * @param damp added to H's diagonal, as a share of its mean
 * @param actOrder columns by falling diagonal of H, not from left to right
 * @param staticGroups scales from the weights as they were, of neighbouring columns, which blocks
 *     of {@link BlockFormat} need; else from what the weights are when a group starts, of columns
 *     that follow each other in the order of rounding
 */
public record Gptq(
    int bits,
    int groupSize,
    boolean symmetric,
    double damp,
    boolean actOrder,
    boolean staticGroups) {
  /** Columns whose errors are gathered before the columns behind them take them up, about. */
  private static final int COLUMNS_TOGETHER = 128;

  private static final int ROWS_TOGETHER = 16;

  /**
   * Rounded weights, columns in their own order: {@code w = scale · (code − zero)} with scale and
   * zero of the column's group.
   *
   * @param codes [rows][columns]
   * @param scales [rows][groups]
   * @param zeros [rows][groups], whole numbers
   * @param groups [columns], the group of a column
   */
  public record Rounded(int[][] codes, double[][] scales, double[][] zeros, int[] groups) {
    /** What the codes stand for. */
    public double[][] values() {
      double[][] values = new double[codes.length][groups.length];
      for (int row = 0; row < codes.length; row++) {
        for (int i = 0; i < groups.length; i++) {
          int group = groups[i];
          values[row][i] = scales[row][group] * (codes[row][i] - zeros[row][group]);
        }
      }
      return values;
    }
  }

  /**
   * Rounds a matrix.
   *
   * @param weights [rows][columns], as they were trained
   * @param hessian of the matrix's inputs
   * @throws org.pocketdistill.data.DataException if damping does not make the Hessian positive
   *     definite
   */
  public Rounded quantize(double[][] weights, Hessian hessian) {
    return prepare(hessian).quantize(weights);
  }

  /**
   * Does what is the same for all rows of a matrix, and for all matrices with these inputs.
   *
   * @throws org.pocketdistill.data.DataException if damping does not make the Hessian positive
   *     definite
   */
  public Prepared prepare(Hessian hessian) {
    int[] order = order(hessian);
    return new Prepared(hessian, order, hessian.inverseFactor(order, damp));
  }

  private int[] order(Hessian hessian) {
    IntStream columns = IntStream.range(0, hessian.size());
    return actOrder
        ? columns
            .boxed()
            .sorted(Comparator.comparingDouble((Integer i) -> -hessian.diagonal(i)))
            .mapToInt(Integer::intValue)
            .toArray()
        : columns.toArray();
  }

  /** Rounds rows of weights with the same inputs. */
  public final class Prepared {
    private final Hessian hessian;
    private final int[] order;
    private final double[][] upper;
    private final int[] groups;

    private Prepared(Hessian hessian, int[] order, double[][] upper) {
      this.hessian = hessian;
      this.order = order;
      this.upper = upper;
      this.groups = new int[order.length];
      for (int i = 0; i < order.length; i++) {
        groups[order[i]] = (staticGroups ? order[i] : i) / groupSize;
      }
    }

    /** The algorithm. */
    public Gptq gptq() {
      return Gptq.this;
    }

    /**
     * Rounds some rows.
     *
     * @param weights [rows][columns], as they were trained
     */
    public Rounded quantize(double[][] weights) {
      int rows = weights.length;
      int count = (order.length + groupSize - 1) / groupSize;
      Rounded rounded =
          new Rounded(
              new int[rows][order.length],
              new double[rows][count],
              new double[rows][count],
              groups);
      IntStream.rangeClosed(0, (rows - 1) / ROWS_TOGETHER)
          .parallel()
          .forEach(
              part -> {
                int first = part * ROWS_TOGETHER;
                round(weights, first, Math.min(rows, first + ROWS_TOGETHER), rounded);
              });
      return rounded;
    }

    private void round(double[][] weights, int first, int end, Rounded target) {
      double[][] rest = new double[end - first][];
      for (int r = 0; r < rest.length; r++) {
        rest[r] = start(weights[first + r], target, first + r);
      }
      int together = Math.max(1, COLUMNS_TOGETHER / groupSize) * groupSize;
      double[][] errors = new double[rest.length][together];
      for (int i = 0; i < order.length; i += together) {
        int behind = Math.min(order.length, i + together);
        for (int r = 0; r < rest.length; r++) {
          round(rest[r], i, behind, errors[r], target, first + r);
        }
        for (int r = 0; r < rest.length; r++) {
          RowProducts.subtract(rest[r], behind, order.length, errors[r], upper, i, behind - i);
        }
      }
    }

    /** A row in the order of rounding; static scales are found before anything changes. */
    private double[] start(double[] weights, Rounded target, int row) {
      double[] alive = weights.clone();
      for (int i = 0; i < alive.length; i++) {
        if (hessian.isDead(i)) {
          alive[i] = 0;
        }
      }
      if (staticGroups) {
        for (int start = 0; start < alive.length; start += groupSize) {
          fit(alive, start, target, row);
        }
      }
      return IntStream.of(order).mapToDouble(i -> alive[i]).toArray();
    }

    /** Rounds the columns from {@code start} to {@code end}, which take up each other's errors. */
    private void round(
        double[] rest, int start, int end, double[] errors, Rounded target, int row) {
      double[] scales = target.scales()[row];
      double[] zeros = target.zeros()[row];
      for (int i = start; i < end; i++) {
        if (!staticGroups && i % groupSize == 0) {
          fit(rest, i, target, row);
        }
        int group = groups[order[i]];
        double scale = scales[group];
        int code = code(scale == 0 ? 0 : rest[i] / scale, zeros[group]);
        target.codes()[row][order[i]] = code;
        double error = (rest[i] - scale * (code - zeros[group])) / upper[i][i];
        for (int j = i; j < end; j++) {
          rest[j] -= error * upper[i][j];
        }
        errors[i - start] = error;
      }
    }
  }

  private int code(double steps, double zero) {
    return (int) Math.max(0, Math.min((1 << bits) - 1, Math.rint(steps + zero)));
  }

  /** Scale and zero of the group that starts there. */
  private void fit(double[] weights, int start, Rounded target, int row) {
    double smallest = weights[start];
    double largest = weights[start];
    for (int i = start; i < Math.min(weights.length, start + groupSize); i++) {
      smallest = Math.min(smallest, weights[i]);
      largest = Math.max(largest, weights[i]);
    }
    double[] scales = target.scales()[row];
    double[] zeros = target.zeros()[row];
    int index = start / groupSize;
    if (symmetric) {
      double middle = 1 << (bits - 1);
      scales[index] = (Math.abs(smallest) >= Math.abs(largest) ? smallest : largest) / -middle;
      zeros[index] = middle;
      return;
    }
    smallest = Math.min(0, smallest);
    scales[index] = (Math.max(0, largest) - smallest) / ((1 << bits) - 1);
    zeros[index] = scales[index] == 0 ? 0 : code(-smallest / scales[index], 0);
  }
}
