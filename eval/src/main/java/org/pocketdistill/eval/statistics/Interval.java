package org.pocketdistill.eval.statistics;

/** A 95 % confidence interval, both ends included. */
public record Interval(double low, double high) {
  /** Confidence of every interval of this package. */
  public static final double CONFIDENCE = 0.95;

  public Interval {
    if (!(low <= high)) {
      throw new IllegalArgumentException("interval [" + low + ", " + high + "]");
    }
  }
}
