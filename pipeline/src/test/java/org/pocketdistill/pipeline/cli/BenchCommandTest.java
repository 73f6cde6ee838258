package org.pocketdistill.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.config.ConfigReader;
import org.pocketdistill.pipeline.Checkpoints;
import org.pocketdistill.pipeline.TinyModel;
import org.pocketdistill.pipeline.bench.BenchResult;
import org.pocketdistill.pipeline.bench.BenchResult.Sample;
import org.pocketdistill.pipeline.bench.Distribution;
import org.pocketdistill.pipeline.bench.Estimate.Comparison;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;

class BenchCommandTest {
  private static final Path MODEL = Checkpoints.folder("llama_gqa");
  private static final List<String> LINES =
      List.of(
          "runtime",
          "parameters",
          "bytes",
          "load (s)",
          "queries",
          "first token (ms)",
          "token (ms)",
          "prefill (tokens/s)",
          "decode (tokens/s)",
          "peak memory (MB)",
          "energy (J/token)",
          "result");

  @TempDir private static Path models;
  private static Path phone;

  @TempDir private Path folder;
  private final Console console = new Console();

  @BeforeAll
  static void exportModel() throws IOException {
    phone =
        TinyModel.export(
            TinyModel.write(models.resolve("tiny")), models.resolve("phone"), OnnxPrecision.INT8);
  }

  private void bench(Object... arguments) {
    assertThat(console.run(Stream.concat(Stream.of("bench"), Stream.of(arguments)).toArray()))
        .as(console.err())
        .isZero();
  }

  @Test
  void measuresBothKindsOfFolders() {
    for (Path model : new Path[] {MODEL, phone}) {
      bench("--model", model, "--prompt-tokens", 8, "--new-tokens", 4, "--repeat", 2);

      assertThat(console.out().lines().map(line -> line.substring(0, 19).strip()))
          .containsSubsequence(LINES);
      assertThat(console.out())
          .containsPattern("runtime +(DJL .* PyTorch 2|onnxruntime 1)")
          .containsPattern("load \\(s\\) +\\S+\\n")
          .containsPattern("queries +2 in \\S+ s, 16 prompt and 8 new tokens\\n")
          .containsPattern("token \\(ms\\) +\\S+ mean, \\S+ p50, \\S+ p90, \\S+ p99\\n")
          .contains("not valid by MLPerf's rules: to bound percentile 90 takes 64 queries");
    }
  }

  @Test
  void writesEveryNumberOfAValidRun() throws IOException {
    Path input = folder.resolve("prompts.jsonl");
    Files.writeString(
        input,
        """
        {"messages": [{"role": "user", "content": "wake me at seven"}]}
        {"text": "call me"}

        {"input_ids": [3, 4, 5]}
        """);
    Path settings = folder.resolve("bench.json");
    Files.writeString(
        settings,
        "{\"new_tokens\": 3, \"warmup_queries\": 2, \"min_query_count\": 66,"
            + " \"min_duration_s\": 0.001, \"sustained_windows\": 2}");
    Path output = folder.resolve("out/result.json");

    bench(
        "--package",
        phone,
        "--input",
        input,
        "--settings",
        settings,
        "--output",
        output,
        "--compare");

    BenchResult result = ConfigReader.read(output, BenchResult.class);
    assertConsistent(result);
    assertThat(result.settings().newTokens()).isEqualTo(3);
    assertThat(result.totals().queries()).isGreaterThanOrEqualTo(66);
    assertThat(result.validity().isValid()).isTrue();
    assertThat(result.validity().requiredQueries()).isEqualTo(64);
    assertThat(result.ttft().bound()).isPresent();
    assertThat(result.samples().stream().map(Sample::promptTokens).distinct()).hasSize(3);
    assertThat(result.samples().stream().limit(3).map(Sample::promptTokens))
        .as("a round has each prompt")
        .doesNotHaveDuplicates();
    assertThat(result.session().orElseThrow().intraOpNumThreads()).isPositive();
    assertThat(result.model().contextLength()).isEqualTo(TinyModel.CONTEXT);
    assertThat(result.sustained().orElseThrow().windows())
        .extracting(BenchResult.Window::queries)
        .satisfies(
            counts ->
                assertThat(counts.stream().mapToInt(Integer::intValue).sum())
                    .isEqualTo(result.totals().queries()));
    assertThat(result.estimate().orElseThrow().comparisons())
        .extracting(Comparison::quantity)
        .containsExactly("package", "memory", "decode", "first token");
    assertThat(console.out())
        .containsPattern("result +valid\\n")
        .containsPattern("token \\(ms\\) .*; p90 at most \\S+ \\(99 %\\)\\n")
        .containsPattern("sustained +\\S+ of the first window's rate in the last; tokens/s: \\S+")
        .containsPattern("estimated for this machine \\(\\S+ GB/s; ")
        .containsPattern("  decode +\\S+ \\(\\S+ to \\S+\\), \\S+ tokens/s: ratio \\S+\\n");
  }

  private static void assertConsistent(BenchResult result) {
    List<Sample> samples = result.samples();
    assertThat(samples).hasSize(result.totals().queries());
    assertThat(result.totals().promptTokens())
        .isEqualTo(samples.stream().mapToLong(Sample::promptTokens).sum());
    assertThat(result.totals().outputTokens())
        .isEqualTo((long) result.settings().newTokens() * samples.size());
    double latency = samples.stream().mapToLong(Sample::latencyNs).average().orElseThrow() / 1e6;
    assertThat(result.latency().mean()).isCloseTo(latency, within(1e-9 * latency));
    long end = 0;
    for (Sample sample : samples) {
      assertThat(sample.startNs()).as("one after the other").isGreaterThanOrEqualTo(end);
      assertThat(sample.latencyNs()).isGreaterThan(sample.ttftNs());
      end = sample.startNs() + sample.latencyNs();
    }
    assertThat(result.durationS()).isGreaterThanOrEqualTo(end / 1e9);
    for (Distribution times : List.of(result.ttft(), result.tpot(), result.latency())) {
      assertThat(List.of(times.min(), times.p50(), times.p90(), times.p99(), times.max()))
          .isSorted();
      assertThat(times.mean()).isBetween(times.min(), times.max());
    }
    assertThat(result.memory().peakRssBytes())
        .isGreaterThanOrEqualTo(result.memory().rssBeforeLoadBytes());
  }

  @Test
  void takesTheMachineFromAFileOfPhones() throws IOException {
    Path phones = folder.resolve("phones.yaml");
    Files.writeString(
        phones,
        "phones: [{name: Box, ram_mb: 1000, storage_mb: 1000, bandwidth_gb_s: 12.5, int8_gops: 80,"
            + " fp32_gflops: 40}]");
    Path output = folder.resolve("result.json");

    bench(
        "--package",
        phone,
        "--repeat",
        1,
        "--new-tokens",
        2,
        "--compare",
        "--phones",
        phones,
        "--phone",
        "box",
        "--output",
        output);

    assertThat(console.out()).contains("estimated for Box (12.50 GB/s; 80.00 and 40.00 Gop/s");
    BenchResult result = ConfigReader.read(output, BenchResult.class);
    assertThat(result.estimate().orElseThrow().bandwidthGbS()).isEqualTo(12.5);
    assertThat(result.sustained()).isEmpty();
  }

  @Test
  void refusesWrongOptions() throws IOException {
    assertRefused("--repeat '0', expected a whole number of at least 1", "--repeat", 0);
    assertRefused("--new-tokens '1', expected a whole number of at least 2", "--new-tokens", 1);
    assertRefused("--prompt-tokens '-3'", "--prompt-tokens", -3);
    assertRefused(
        "60 prompt and 64 new tokens, expected at most 64 together", "--prompt-tokens", 60);
    assertRefused("2147483647 prompt and 64 new tokens", "--prompt-tokens", Integer.MAX_VALUE);
    assertRefused("--minutes '-1', expected a number from 0 to 1440", "--minutes", -1);
    assertRefused("--phone belongs to --compare", "--phone", "x");
    assertRefused("--compare needs an ONNX package whose manifest.json", "--compare");
    Path rows = Files.writeString(folder.resolve("rows.jsonl"), "{\"input_ids\": [1]}\n");
    assertRefused(
        "--prompt-tokens belongs to random prompts", "--input", rows, "--prompt-tokens", 3);
    assertThat(console.run("bench", "--package", MODEL)).isEqualTo(Main.WRONG_INPUT);
    assertThat(console.err()).contains("is no exported package, there is no genai_config.json");
  }

  @Test
  void namesWhatIsWrongInItsFiles() throws IOException {
    Path rows = Files.writeString(folder.resolve("rows.jsonl"), "\n");
    assertWrong(rows + ": no prompt", "--input", rows);
    Files.writeString(
        rows, "{\"input_ids\": [1, 2]}\n{\"input_ids\": [1" + ", 2".repeat(99) + "]}\n");
    assertWrong(rows + ":2: 100 prompt and 64 new tokens, expected", "--input", rows);
    Path settings = Files.writeString(folder.resolve("bench.json"), "{\"new_token\": 4}");
    assertWrong(
        settings + ":1: new_token: unknown key, did you mean 'new_tokens'?",
        "--settings",
        settings);
  }

  private void assertWrong(String message, Object option, Object value) {
    assertThat(console.run("bench", "--package", phone, option, value)).isEqualTo(Main.WRONG_INPUT);
    assertThat(console.err()).contains(message).doesNotContain("\tat ");
  }

  private void assertRefused(String message, Object... options) {
    Object[] arguments =
        Stream.concat(Stream.of("bench", "--model", MODEL), Stream.of(options)).toArray();
    assertThat(console.run(arguments)).isEqualTo(Main.WRONG_INPUT);
    assertThat(console.err()).contains("distill bench: ", message, "See distill bench --help");
    assertThat(console.out()).isEmpty();
  }
}
