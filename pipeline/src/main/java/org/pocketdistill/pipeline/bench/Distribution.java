package org.pocketdistill.pipeline.bench;

import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import org.pocketdistill.config.Key;

/** A time over all queries, in milliseconds. Percentiles are LoadGen's: no interpolation. */
public record Distribution(
    @Key("mean, ms") double mean,
    @Key("smallest, ms") double min,
    @Key("sorted[floor(0.5 n)], ms") double p50,
    @Key("sorted[floor(0.9 n)], ms") double p90,
    @Key("sorted[floor(0.99 n)], ms") double p99,
    @Key("largest, ms") double max,
    @Key(
            "with a confidence of 99 % the target percentile is at most this, ms (MLPerf's early"
                + " stopping); missing with too few queries")
        Optional<Double> bound) {
  private static final double MILLISECOND = 1e6;

  /**
   * Of some times.
   *
   * @param nanos at least one
   */
  static Distribution of(long[] nanos, EarlyStopping rule) {
    long[] sorted = nanos.clone();
    Arrays.sort(sorted);
    OptionalInt rank = rule.rankFromTop(sorted.length);
    return new Distribution(
        Arrays.stream(sorted).average().orElseThrow() / MILLISECOND,
        sorted[0] / MILLISECOND,
        percentile(sorted, 0.5) / MILLISECOND,
        percentile(sorted, 0.9) / MILLISECOND,
        percentile(sorted, 0.99) / MILLISECOND,
        sorted[sorted.length - 1] / MILLISECOND,
        rank.isPresent()
            ? Optional.of(sorted[sorted.length - rank.getAsInt()] / MILLISECOND)
            : Optional.empty());
  }

  /** {@code sorted[floor(p n)]}. */
  static long percentile(long[] sorted, double p) {
    return sorted[(int) (sorted.length * p)];
  }
}
