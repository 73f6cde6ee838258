package org.pocketdistill.eval.result;

import org.pocketdistill.eval.statistics.Interval;

/**
 * A metric on a set of items.
 *
 * @param n number of items
 * @param stderr standard error; of the mean for shares, by bootstrap for ratios
 * @param interval 95 %: Wilson for shares, percentile bootstrap for ratios
 */
public record MetricValue(double value, int n, double stderr, Interval interval) {
  public MetricValue {
    if (!Double.isFinite(value) || !Double.isFinite(stderr)) {
      throw new IllegalArgumentException("metric " + value + " ± " + stderr + ": not finite");
    }
  }
}
