package org.pocketdistill.eval.result;

import java.util.Optional;
import org.pocketdistill.eval.statistics.Interval;

/**
 * How much of a baseline's ability a model has: metric(model) / metric(baseline), for perplexities
 * and bits per byte the other way round.
 *
 * @param value empty where it is undefined
 * @param interval 95 %, by paired bootstrap over the items (percentile)
 * @param chanceCorrected (model − chance) / (baseline − chance)
 * @param note why something is missing; empty if nothing is
 */
public record Retention(
    Optional<Double> value,
    Optional<Interval> interval,
    Optional<Double> chanceCorrected,
    String note) {

  /** No retention, and why. */
  public static Retention undefined(String why) {
    return new Retention(Optional.empty(), Optional.empty(), Optional.empty(), why);
  }
}
