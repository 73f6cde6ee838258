package org.pocketdistill.pipeline.quantize;

/**
 * The range that a share of all magnitudes lies in, as ONNX Runtime's percentile calibration
 * chooses it: up to the left edge of the bin of |x| that the share falls into, on both sides, but
 * never beyond the values themselves.
 */
public final class PercentileRange {
  /** Bins of the histogram. */
  public static final int BINS = 2048;

  private static final double PERCENT = 100;

  private PercentileRange() {}

  /**
   * The range.
   *
   * @param magnitudes histogram of |x|
   * @param values smallest and largest x
   * @param percentile 0 to 100
   */
  public static ValueRange of(Histogram magnitudes, ValueRange values, double percentile) {
    double total = magnitudes.total();
    double cumulated = 0;
    int bin = 0;
    while (bin < magnitudes.bins()) {
      cumulated += magnitudes.counts()[bin] / total;
      if (cumulated >= percentile / PERCENT) {
        break;
      }
      bin++;
    }
    float threshold = magnitudes.edges()[bin];
    float low = Math.max(-threshold, values.min());
    float high = Math.min(threshold, values.max());
    return new ValueRange(low, high);
  }
}
