package org.pocketdistill.pipeline.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.pocketdistill.config.ConfigException;
import org.pocketdistill.config.ConfigReader;
import org.pocketdistill.pipeline.bench.BenchResult.Sample;
import org.pocketdistill.pipeline.bench.BenchResult.Sustained;
import org.pocketdistill.pipeline.bench.BenchResult.Totals;
import org.pocketdistill.pipeline.bench.Estimate.Comparison;
import org.pocketdistill.pipeline.config.ModelShape;
import org.pocketdistill.pipeline.config.PhoneConfig;
import org.pocketdistill.pipeline.plan.ModelBudget;
import org.pocketdistill.pipeline.plan.PackageFormat;
import org.pocketdistill.pipeline.plan.PhoneBudget;

/** Sums and rules, worked out by hand. */
class BenchTest {
  private static final Path RESULT = Path.of("src", "test", "resources", "bench", "result.json");

  private static BenchConfig settings(String yaml) {
    return ConfigReader.parse(yaml, Path.of("bench.json"), BenchConfig.class, List.of());
  }

  /** A second in, 10 tokens read in 0.2 s, 5 generated, 4 of them in 0.1 s each. */
  private static Sample sample(double start, double perToken) {
    return new Sample(
        Math.round(start * 1e9), 10, 5, 200_000_000, 200_000_000 + Math.round(4e9 * perToken));
  }

  @Test
  void addsUpTokensAndTimes() {
    Totals totals = Bench.totals(List.of(sample(0, 0.1), sample(1, 0.3)));

    assertThat(totals.queries()).isEqualTo(2);
    assertThat(totals.promptTokens()).isEqualTo(20);
    assertThat(totals.outputTokens()).isEqualTo(10);
    assertThat(totals.promptTokensPerS()).isCloseTo(20 / 0.4, within(1e-9));
    assertThat(totals.decodeTokensPerS()).isCloseTo(8 / 1.6, within(1e-9));
  }

  @Test
  void comparesTheLastWindowWithTheFirst() {
    List<Sample> samples =
        List.of(sample(0, 0.1), sample(1, 0.1), sample(2.4, 0.2), sample(9.9, 0.4));

    Sustained sustained =
        Bench.sustained(new SingleStream.Run(samples, 12_000_000_000L, OptionalDouble.empty()), 5);

    // windows of 2.4 s; nothing begins in the third and fourth
    assertThat(sustained.windows())
        .extracting(BenchResult.Window::fromS)
        .containsExactly(0.0, 2.4, 9.6);
    assertThat(sustained.windows())
        .extracting(BenchResult.Window::queries)
        .containsExactly(2, 1, 1);
    assertThat(sustained.windows().get(1).decodeTokensPerS()).isCloseTo(5, within(1e-9));
    assertThat(sustained.ratio()).isCloseTo(0.25, within(1e-9));
  }

  @Test
  void endsWhenEveryRuleIsMet() {
    SingleStream run = stream("{min_query_count: 70, min_duration_s: 10, max_duration_s: 60}");

    assertThat(run.isOpen(0, 99, 64)).as("at least one").isTrue();
    assertThat(run.isOpen(64, 11, 64)).as("min_query_count").isTrue();
    assertThat(run.isOpen(70, 9, 64)).as("min_duration_s").isTrue();
    assertThat(run.isOpen(70, 10, 64)).isFalse();
    assertThat(run.isOpen(70, 10, 130)).as("early stopping").isTrue();
    assertThat(run.isOpen(3, 60, 64)).as("max_duration_s").isFalse();
    assertThat(stream("{max_query_count: 5}").isOpen(5, 0, 64)).isFalse();
    assertThat(stream("{max_query_count: 5}").isOpen(4, 0, 64)).isTrue();
    assertThat(stream("{min_duration_s: 600}").isOpen(70, 400, 64))
        .as("max_duration_s is 300, but a longer run was asked for")
        .isTrue();
  }

  private static SingleStream stream(String yaml) {
    return new SingleStream(settings(yaml), List.of(new int[] {1}));
  }

  @Test
  void saysWhichRuleWasMissed() {
    BenchConfig settings = settings("{min_query_count: 70, min_duration_s: 10}");

    assertThat(Bench.validity(settings, 70, 10))
        .isEqualTo(new BenchResult.Validity(true, true, true, true, 64));
    assertThat(Bench.validity(settings, 69, 9.9))
        .isEqualTo(new BenchResult.Validity(false, false, false, true, 64));
    assertThat(Bench.validity(settings("{target_latency_percentile: 95}"), 129, 1))
        .isEqualTo(new BenchResult.Validity(false, true, true, false, 130));
  }

  @Test
  void asksEveryPromptOnceInEachRound() {
    List<int[]> prompts = Arrays.asList(new int[20][1]);
    SingleStream run = new SingleStream(settings("{seed: 3}"), prompts);
    Set<String> orders = new HashSet<>();
    for (int round = 0; round < 5; round++) {
      int[] order = run.shuffled(round);
      assertThat(order).isEqualTo(run.shuffled(round)).containsOnlyOnce(range(20));
      orders.add(Arrays.toString(order));
    }
    assertThat(orders).as("orders of the rounds").hasSize(5);
  }

  private static int[] range(int count) {
    int[] numbers = new int[count];
    Arrays.setAll(numbers, i -> i);
    return numbers;
  }

  @Test
  void drawsTheRandomPromptByItsSeed() {
    SingleStream run = SingleStream.ofRandomTokens(settings("{prompt_tokens: 9}"), 50);

    assertThat(run.prompts()).hasSize(1);
    assertThat(run.prompts().get(0)).hasSize(9).doesNotContain(50);
    assertThat(SingleStream.ofRandomTokens(settings("{prompt_tokens: 9}"), 50).prompts().get(0))
        .isEqualTo(run.prompts().get(0));
    assertThat(
            SingleStream.ofRandomTokens(settings("{prompt_tokens: 9, seed: 2}"), 50)
                .prompts()
                .get(0))
        .isNotEqualTo(run.prompts().get(0));
    assertThatThrownBy(() -> settings("{min_query_count: 7, max_query_count: 6}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("max_query_count: fewer queries than min_query_count");
  }

  @Test
  void putsTheEstimateBesideTheMeasurement() {
    BenchResult result = ConfigReader.read(RESULT, BenchResult.class);
    ModelBudget model =
        ModelBudget.of(
            ConfigReader.parse(
                "{hidden_size: 32, intermediate_size: 64, num_hidden_layers: 2,"
                    + " num_attention_heads: 4}",
                Path.of("x"),
                ModelShape.class,
                List.of()),
            100,
            64);
    PhoneConfig machine = new PhoneConfig("m", 1e9, 1e9, 2, 10, 4, Optional.empty(), List.of());
    PhoneBudget budget = new PhoneBudget(machine, model, PackageFormat.INT8, 64);

    Estimate estimate = Estimate.of(machine, model, PackageFormat.INT8, result);

    assertThat(estimate.comparisons())
        .extracting(Comparison::quantity)
        .containsExactly("package", "memory", "decode", "first token");
    // the file has 5,000 bytes, grew by 10 MB, decoded 100 tokens/s, 20 ms to the first token
    assertThat(estimate.comparisons())
        .extracting(Comparison::measured)
        .containsExactly(0.005, 10.0, 100.0, 0.02);
    double ceiling = budget.decodeCeiling(10);
    Comparison decode = estimate.comparisons().get(2);
    assertThat(decode.estimated()).isCloseTo(0.55 * ceiling, within(1e-6 * ceiling));
    assertThat(decode.low()).contains(0.35 * ceiling);
    assertThat(decode.high()).contains(0.75 * ceiling);
    assertThat(estimate.comparisons().get(1).estimated())
        .as("of the 12 tokens of a query")
        .isEqualTo(PhoneBudget.memoryBytes(model, budget.packageBytes(), 12) / 1e6);
    assertThat(estimate.comparisons().get(3).estimated()).isEqualTo(budget.firstTokenSeconds(8));
    assertThat(estimate.comparisons())
        .allSatisfy(c -> assertThat(c.ratio()).isEqualTo(c.measured() / c.estimated()));
    assertThat(result.with(estimate).estimate()).contains(estimate);
  }

  /** What a result file says is what was written into it. */
  @Test
  void isReadAsItIsWritten() {
    BenchResult result = ConfigReader.read(RESULT, BenchResult.class);

    assertThat(
            ConfigReader.parse(
                result.toJson(), Path.of("again.json"), BenchResult.class, List.of()))
        .isEqualTo(result);
  }

  /** That there are numbers, not which: those are the machine's. */
  @Test
  void measuresTheMachine() {
    assertThat(MemoryBandwidth.gigabytesPerSecond(2, 1 << 16, 2)).isPositive().isFinite();
    for (ProductRate.Type type : ProductRate.Type.values()) {
      assertThat(ProductRate.gigaOps(type, 1, 64, 2)).as("%s", type).isPositive().isFinite();
    }
  }
}
