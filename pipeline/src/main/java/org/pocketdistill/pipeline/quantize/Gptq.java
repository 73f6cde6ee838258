package org.pocketdistill.pipeline.quantize;

import java.util.Arrays;
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
 * In fp64, halves to even. Rows are computed by themselves, so threads change no bit.
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
    int columns = hessian.size();
    int[] order = order(hessian);
    double[][] upper = hessian.inverseFactor(order, damp);
    int[] groups = new int[columns];
    for (int i = 0; i < columns; i++) {
      groups[order[i]] = (staticGroups ? order[i] : i) / groupSize;
    }
    int count = (columns + groupSize - 1) / groupSize;
    int rows = weights.length;
    Rounded rounded =
        new Rounded(
            new int[rows][columns], new double[rows][count], new double[rows][count], groups);
    IntStream.range(0, rows)
        .parallel()
        .forEach(
            row -> round(withoutDeadInputs(weights[row], hessian), order, upper, rounded, row));
    return rounded;
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

  private static double[] withoutDeadInputs(double[] weights, Hessian hessian) {
    double[] row = weights.clone();
    for (int i = 0; i < row.length; i++) {
      if (hessian.isDead(i)) {
        row[i] = 0;
      }
    }
    return row;
  }

  private void round(double[] weights, int[] order, double[][] upper, Rounded target, int row) {
    double[] scales = target.scales()[row];
    double[] zeros = target.zeros()[row];
    if (staticGroups) {
      for (int start = 0; start < weights.length; start += groupSize) {
        fit(Arrays.copyOfRange(weights, start, end(start, weights)), scales, zeros, start);
      }
    }
    double[] rest = IntStream.of(order).mapToDouble(i -> weights[i]).toArray();
    for (int i = 0; i < rest.length; i++) {
      if (!staticGroups && i % groupSize == 0) {
        fit(Arrays.copyOfRange(rest, i, end(i, rest)), scales, zeros, i);
      }
      int group = target.groups()[order[i]];
      double scale = scales[group];
      int code = code(scale == 0 ? 0 : rest[i] / scale, zeros[group]);
      target.codes()[row][order[i]] = code;
      double error = (rest[i] - scale * (code - zeros[group])) / upper[i][i];
      for (int j = i; j < rest.length; j++) {
        rest[j] -= error * upper[i][j];
      }
    }
  }

  private int end(int start, double[] weights) {
    return Math.min(weights.length, start + groupSize);
  }

  private int code(double steps, double zero) {
    return (int) Math.max(0, Math.min((1 << bits) - 1, Math.rint(steps + zero)));
  }

  private void fit(double[] group, double[] scales, double[] zeros, int start) {
    double smallest = Arrays.stream(group).min().orElseThrow();
    double largest = Arrays.stream(group).max().orElseThrow();
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
