package org.pocketdistill.eval.statistics;

import org.apache.commons.statistics.descriptive.StandardDeviation;
import org.apache.commons.statistics.interval.BinomialConfidenceInterval;

/** A share of items, and the mean of values. */
public final class Proportions {
  private Proportions() {}

  /** Wilson's score interval, without continuity correction, of {@code successes} out of n. */
  public static Interval wilson(int successes, int n) {
    var interval =
        BinomialConfidenceInterval.WILSON_SCORE.fromErrorRate(
            n, successes, 1 - Interval.CONFIDENCE);
    return new Interval(interval.getLowerBound(), interval.getUpperBound());
  }

  /** Standard error of a mean: sd(n − 1) / √n, as lm-evaluation-harness has it; 0 for one value. */
  public static double stderrOfMean(double... values) {
    if (values.length < 2) {
      return 0;
    }
    return StandardDeviation.of(values).getAsDouble() / Math.sqrt(values.length);
  }
}
