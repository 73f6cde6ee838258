package org.pocketdistill.pipeline.cli;

import java.io.PrintStream;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.pocketdistill.pipeline.bench.BenchConfig;
import org.pocketdistill.pipeline.bench.BenchResult;
import org.pocketdistill.pipeline.bench.BenchResult.Session;
import org.pocketdistill.pipeline.bench.BenchResult.Sustained;
import org.pocketdistill.pipeline.bench.BenchResult.Validity;
import org.pocketdistill.pipeline.bench.Distribution;
import org.pocketdistill.pipeline.bench.Estimate;
import org.pocketdistill.pipeline.bench.Estimate.Comparison;

/** Prints what a run found, a line for each quantity. */
record BenchSummary(PrintStream out) {
  private static final double MB = 1e6;

  void print(BenchResult result) {
    line("runtime", result.model().runtime());
    line("parameters", result.model().parameters());
    line("bytes", result.model().bytes());
    result.session().ifPresent(this::session);
    line("load (s)", number(result.loadS()));
    line(
        "queries",
        "%d in %s s, %d prompt and %d new tokens"
            .formatted(
                result.totals().queries(),
                number(result.durationS()),
                result.totals().promptTokens(),
                result.totals().outputTokens()));
    double target = result.settings().targetLatencyPercentile();
    line("first token (ms)", distribution(result.ttft(), target));
    line("token (ms)", distribution(result.tpot(), target));
    line("prefill (tokens/s)", number(result.totals().promptTokensPerS()));
    line("decode (tokens/s)", number(result.totals().decodeTokensPerS()));
    if (result.memory().peakRssBytes() > 0) {
      line(
          "peak memory (MB)",
          "%s, %s before the model was loaded"
              .formatted(
                  number(result.memory().peakRssBytes() / MB),
                  number(result.memory().rssBeforeLoadBytes() / MB)));
    }
    line(
        "energy (J/token)",
        result
            .energy()
            .map(energy -> number(energy.joulesPerToken()))
            .orElse("not told by this system"));
    result
        .thermal()
        .ifPresent(
            thermal ->
                line(
                    "temperature (°C)",
                    "%s at most; held back %s s, %d pauses"
                        .formatted(
                            number(thermal.maxCelsius()),
                            number(thermal.waitedS()),
                            thermal.pauses())));
    result.sustained().ifPresent(this::sustained);
    line("result", verdict(result));
    result.estimate().ifPresent(this::estimate);
  }

  private void session(Session session) {
    line(
        "threads",
        "%d%s".formatted(session.intraOpNumThreads(), session.allowSpinning() ? ", spinning" : ""));
    if (!session.executionProviders().isEmpty()) {
      line("providers", String.join(", ", session.executionProviders()));
    }
    if (!session.missingProviders().isEmpty()) {
      line("left out", String.join(", ", session.missingProviders()) + ": not in this build");
    }
  }

  private void sustained(Sustained sustained) {
    line(
        "sustained",
        "%s of the first window's rate in the last; tokens/s: %s"
            .formatted(
                number(sustained.ratio()),
                sustained.windows().stream()
                    .map(window -> number(window.decodeTokensPerS()))
                    .collect(Collectors.joining(" "))));
  }

  private static String distribution(Distribution times, double target) {
    String bound =
        times
            .bound()
            .map(most -> "; p%s at most %s (99 %%)".formatted(plain(target), number(most)))
            .orElse("");
    return "%s mean, %s p50, %s p90, %s p99"
            .formatted(
                number(times.mean()), number(times.p50()), number(times.p90()), number(times.p99()))
        + bound;
  }

  private static String verdict(BenchResult result) {
    Validity validity = result.validity();
    if (validity.isValid()) {
      return "valid";
    }
    BenchConfig settings = result.settings();
    List<String> reasons = new ArrayList<>();
    if (!validity.isEarlyStoppingMet()) {
      reasons.add(
          "to bound percentile %s takes %d queries"
              .formatted(plain(settings.targetLatencyPercentile()), validity.requiredQueries()));
    }
    if (!validity.isMinQueryCountMet()) {
      reasons.add("min_query_count is " + settings.minQueryCount());
    }
    if (!validity.isMinDurationMet()) {
      reasons.add("min_duration_s is " + plain(settings.minDurationS()));
    }
    return "not valid by MLPerf's rules: " + String.join("; ", reasons);
  }

  private void estimate(Estimate estimate) {
    out.println(
        "estimated for %s (%s GB/s; %s and %s Gop/s on 8 bits and fp32), and measured:"
            .formatted(
                estimate.machine(),
                number(estimate.bandwidthGbS()),
                number(estimate.int8Gops()),
                number(estimate.fp32Gflops())));
    for (Comparison comparison : estimate.comparisons()) {
      String range =
          comparison
              .low()
              .map(
                  low ->
                      " (%s to %s)".formatted(number(low), number(comparison.high().orElse(low))))
              .orElse("");
      line(
          "  " + comparison.quantity(),
          "%s%s, %s %s: ratio %s"
              .formatted(
                  number(comparison.estimated()),
                  range,
                  number(comparison.measured()),
                  comparison.unit(),
                  number(comparison.ratio())));
    }
  }

  private void line(String what, Object value) {
    out.println(String.format(Locale.ROOT, "%-19s%s", what, value));
  }

  private static String plain(double value) {
    return BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.4g", value);
  }
}
