package org.pocketdistill.pipeline.quantize;

/**
 * The range around zero whose values, rounded to fewer steps, tell the least information about all
 * values apart: KL(values clipped to the range || rounded values) is smallest. From S. Migacz,
 * "8-bit Inference with TensorRT" (2017); details, which decide the result, as in ONNX Runtime's
 * entropy calibration: candidates widen from the middle by a bin on each side, counts that are
 * spread over a step's bins are truncated to whole numbers, and empty bins get 1e-4 of what the
 * others give.
 */
public final class EntropyRange {
  /** Bins of the histogram: enough for some hundred candidates. */
  public static final int BINS = 2048;

  /** Steps that a candidate is rounded to. */
  public static final int STEPS = 128;

  private static final double SMOOTHING = 1e-4;

  private final Histogram histogram;
  private final int steps;

  private EntropyRange(Histogram histogram, int steps) {
    this.histogram = histogram;
    this.steps = steps;
  }

  /**
   * The range, never beyond the values themselves.
   *
   * @param histogram of x, from −max|x| to max|x|
   * @param values smallest and largest x
   * @param steps of the coarser distribution, at most the number of bins
   */
  public static ValueRange of(Histogram histogram, ValueRange values, int steps) {
    return new EntropyRange(histogram, steps).best(values);
  }

  private ValueRange best(ValueRange values) {
    int middle = histogram.bins() / 2;
    double smallest = Double.POSITIVE_INFINITY;
    int from = middle - steps / 2;
    int to = Math.min(middle + steps / 2 + 1, histogram.bins());
    for (int reach = steps / 2; reach <= middle; reach++) {
      int start = middle - reach;
      int end = Math.min(middle + reach + 1, histogram.bins());
      double divergence = divergence(start, end);
      if (divergence < smallest) {
        smallest = divergence;
        from = start;
        to = end;
      }
    }
    float[] edges = histogram.edges();
    float low = Math.max(edges[from], values.min());
    float high = Math.min(edges[to], values.max());
    return low <= high ? new ValueRange(low, high) : values; // of values that are far from zero
  }

  /** KL of the values clipped to the bins from {@code start} to {@code end}, and rounded. */
  private double divergence(int start, int end) {
    long[] clipped = new long[end - start];
    System.arraycopy(histogram.counts(), start, clipped, 0, clipped.length);
    clipped[0] += histogram.sum(0, start);
    clipped[clipped.length - 1] += histogram.sum(end, histogram.bins());
    double[] p = smoothed(clipped);
    double[] q = smoothed(rounded(clipped, start, end));
    return p.length == 0 || q.length == 0 ? Double.POSITIVE_INFINITY : kl(p, q);
  }

  /** Counts of each step, spread evenly over those of its bins that are not empty. */
  private long[] rounded(long[] clipped, int start, int end) {
    int merged = clipped.length / steps;
    long[] spread = new long[clipped.length];
    for (int step = 0; step < steps; step++) {
      int from = step * merged;
      int used = 0;
      for (int bin = from; bin < from + merged; bin++) {
        used += clipped[bin] == 0 ? 0 : 1;
      }
      // What is left over by the division belongs to the last step.
      int last = step == steps - 1 ? end : start + from + merged;
      long count = histogram.sum(start + from, last);
      for (int bin = from; used > 0 && bin < from + merged; bin++) {
        spread[bin] = count / used;
      }
    }
    return spread;
  }

  /** With a little in empty bins, taken from the others; empty if all bins are. */
  private static double[] smoothed(long[] counts) {
    int zeros = 0;
    for (long count : counts) {
      zeros += count == 0 ? 1 : 0;
    }
    if (zeros == counts.length) {
      return new double[0];
    }
    double taken = SMOOTHING * zeros / (counts.length - zeros);
    double[] smoothed = new double[counts.length];
    for (int i = 0; i < counts.length; i++) {
      smoothed[i] = counts[i] == 0 ? SMOOTHING : counts[i] - taken;
    }
    return smoothed;
  }

  private static double kl(double[] p, double[] q) {
    double sumP = 0;
    double sumQ = 0;
    for (int i = 0; i < p.length; i++) {
      sumP += p[i];
      sumQ += q[i];
    }
    double kl = 0;
    for (int i = 0; i < p.length; i++) {
      kl += p[i] / sumP * Math.log(p[i] / sumP / (q[i] / sumQ));
    }
    return kl;
  }
}
