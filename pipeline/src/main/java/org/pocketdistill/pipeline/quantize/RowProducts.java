package org.pocketdistill.pipeline.quantize;

/** Sums of multiples of rows, the inner loop of GPTQ and of the factors that it needs. */
final class RowProducts {
  private static final int AT_ONCE = 4;

  private RowProducts() {}

  /**
   * {@code target[j] −= factors[0] · rows[first][j], −= factors[1] · rows[first + 1][j], …} for
   * {@code from ≤ j < to}, one after the other: the bits are those of a loop over single rows. Four
   * rows at a time, for then the target is read and written a quarter as often.
   *
   * @param count of the factors
   */
  static void subtract(
      double[] target, int from, int to, double[] factors, double[][] rows, int first, int count) {
    int k = 0;
    for (; k + AT_ONCE <= count; k += AT_ONCE) {
      subtract(target, from, to, factors, k, rows, first + k);
    }
    for (; k < count; k++) {
      double factor = factors[k];
      double[] row = rows[first + k];
      for (int j = from; j < to; j++) {
        target[j] -= factor * row[j];
      }
    }
  }

  private static void subtract(
      double[] target, int from, int to, double[] factors, int k, double[][] rows, int first) {
    double f0 = factors[k];
    double f1 = factors[k + 1];
    double f2 = factors[k + 2];
    double f3 = factors[k + 3];
    double[] r0 = rows[first];
    double[] r1 = rows[first + 1];
    double[] r2 = rows[first + 2];
    double[] r3 = rows[first + 3];
    for (int j = from; j < to; j++) {
      double value = target[j];
      value -= f0 * r0[j];
      value -= f1 * r1[j];
      value -= f2 * r2[j];
      value -= f3 * r3[j];
      target[j] = value;
    }
  }
}
