package org.pocketdistill.pipeline.bench;

import java.util.List;
import java.util.Optional;
import org.pocketdistill.config.Checked;
import org.pocketdistill.config.Contradiction;
import org.pocketdistill.config.Key;
import org.pocketdistill.config.Rules;

/**
 * How a run is made. Keys that LoadGen has, too, mean the same ({@code mlperf.conf}); it gives
 * times in milliseconds.
 */
public record BenchConfig(
    @Key(
            value = "random tokens of the prompt, where no prompts are given",
            defaultValue = "128",
            min = 1)
        int promptTokens,
    @Key(
            value = "tokens that each query generates, whatever tokens may end a text",
            defaultValue = "64",
            min = 2)
        int newTokens,
    @Key(
            value = "queries ahead of the run that do not count",
            defaultValue = "1",
            min = 0,
            max = 1000)
        int warmupQueries,
    @Key(value = "fewest queries of a valid run", defaultValue = "1", min = 1) int minQueryCount,
    @Key(value = "queries after which the run ends; default: no limit", min = 1)
        Optional<Integer> maxQueryCount,
    @Key(
            value =
                "seconds that a valid run takes at least; above 0 the rates over the run are given,"
                    + " too",
            defaultValue = "0",
            min = 0,
            max = 86400)
        double minDurationS,
    @Key(
            value =
                "seconds after which a run ends that has not enough queries, but not before"
                    + " min_duration_s",
            defaultValue = "300",
            min = 0.001,
            max = 86400)
        double maxDurationS,
    @Key(
            value = "percentile that a valid run bounds with a confidence of 99 %",
            defaultValue = "90",
            min = 50,
            max = 99.9)
        double targetLatencyPercentile,
    @Key(value = "equal parts of the run whose rates are compared", defaultValue = "10", min = 2)
        int sustainedWindows,
    @Key(value = "of the random prompt and of the order of prompts", defaultValue = "1", min = 0)
        long seed)
    implements Checked {

  @Override
  public List<Contradiction> contradictions() {
    return new Rules()
        .require(
            maxQueryCount.orElse(Integer.MAX_VALUE) >= minQueryCount,
            "fewer queries than min_query_count; raise it",
            "max_query_count",
            "min_query_count")
        .broken();
  }

  /** The rule that says how many queries are enough. */
  EarlyStopping earlyStopping() {
    return new EarlyStopping(targetLatencyPercentile / 100);
  }

  /** Seconds after which the run ends in any case. */
  double longestS() {
    return Math.max(minDurationS, maxDurationS);
  }

  /** With other lengths of prompt and answer. */
  public BenchConfig withTokens(int prompt, int generated) {
    return new BenchConfig(
        prompt,
        generated,
        warmupQueries,
        minQueryCount,
        maxQueryCount,
        minDurationS,
        maxDurationS,
        targetLatencyPercentile,
        sustainedWindows,
        seed);
  }

  /** With exactly so many queries. */
  public BenchConfig withQueries(int queries) {
    return new BenchConfig(
        promptTokens,
        newTokens,
        warmupQueries,
        queries,
        Optional.of(queries),
        minDurationS,
        maxDurationS,
        targetLatencyPercentile,
        sustainedWindows,
        seed);
  }

  /** With another duration. */
  public BenchConfig withMinDuration(double seconds) {
    return new BenchConfig(
        promptTokens,
        newTokens,
        warmupQueries,
        minQueryCount,
        maxQueryCount,
        seconds,
        maxDurationS,
        targetLatencyPercentile,
        sustainedWindows,
        seed);
  }
}
