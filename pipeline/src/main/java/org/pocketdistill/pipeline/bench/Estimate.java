package org.pocketdistill.pipeline.bench;

import java.util.List;
import java.util.Optional;
import org.pocketdistill.config.Key;
import org.pocketdistill.pipeline.config.PhoneConfig;
import org.pocketdistill.pipeline.plan.ModelBudget;
import org.pocketdistill.pipeline.plan.PackageFormat;
import org.pocketdistill.pipeline.plan.PhoneBudget;

/** What the plan foretells for a machine, beside what was measured on it. */
public record Estimate(
    @Key("the machine that it is for") String machine,
    @Key("bandwidth of its memory, GB/s (10^9 bytes)") double bandwidthGbS,
    @Key("products and sums per second on 8-bit weights, in units of 10^9") double int8Gops,
    @Key("the same on fp32 weights") double fp32Gflops,
    @Key("each quantity") List<Comparison> comparisons) {
  private static final double MB = 1e6;

  public Estimate {
    comparisons = List.copyOf(comparisons);
  }

  /** An estimate and a measurement. */
  public record Comparison(
      @Key("what") String quantity,
      @Key("its unit") String unit,
      @Key("what the plan foretells; of a range, its middle") double estimated,
      @Key("lower end of the range, where there is one") Optional<Double> low,
      @Key("upper end of the range, where there is one") Optional<Double> high,
      @Key("what was measured") double measured,
      @Key("measured / estimated") double ratio) {
    static Comparison of(String quantity, String unit, double estimated, double measured) {
      return new Comparison(
          quantity,
          unit,
          estimated,
          Optional.empty(),
          Optional.empty(),
          measured,
          measured / estimated);
    }

    Comparison within(double least, double most) {
      return new Comparison(
          quantity, unit, estimated, Optional.of(least), Optional.of(most), measured, ratio);
    }
  }

  /**
   * Compares a run with the estimate of its package. Memory is estimated for the tokens that the
   * queries had, and measured as what the process grew by; a step of decoding is one with half of
   * the answer in the cache.
   *
   * @param model shape of the package's model
   * @param result of the run
   */
  public static Estimate of(
      PhoneConfig machine, ModelBudget model, PackageFormat format, BenchResult result) {
    PhoneBudget budget = new PhoneBudget(machine, model, format, result.model().contextLength());
    int queries = result.totals().queries();
    int prompt = (int) Math.round((double) result.totals().promptTokens() / queries);
    int generated = (int) Math.round((double) result.totals().outputTokens() / queries);
    int longest =
        result.samples().stream()
            .mapToInt(sample -> sample.promptTokens() + sample.outputTokens())
            .max()
            .orElseThrow();
    double ceiling = budget.decodeCeiling(prompt + generated / 2);
    double middle = (PhoneBudget.LEAST_SHARE + PhoneBudget.LARGEST_SHARE) / 2;
    return new Estimate(
        machine.name(),
        machine.bandwidthGbS(),
        machine.int8Gops(),
        machine.fp32Gflops(),
        List.of(
            Comparison.of("package", "MB", budget.packageBytes() / MB, result.model().bytes() / MB),
            Comparison.of(
                "memory",
                "MB",
                PhoneBudget.memoryBytes(model, budget.packageBytes(), longest) / MB,
                result.memory().added() / MB),
            Comparison.of(
                    "decode", "tokens/s", middle * ceiling, result.totals().decodeTokensPerS())
                .within(PhoneBudget.LEAST_SHARE * ceiling, PhoneBudget.LARGEST_SHARE * ceiling),
            Comparison.of(
                "first token", "s", budget.firstTokenSeconds(prompt), result.ttft().mean() / 1e3)));
  }
}
