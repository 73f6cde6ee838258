package org.pocketdistill.pipeline.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pocketdistill.config.ConfigReader;
import org.pocketdistill.data.BadLines;
import org.pocketdistill.data.DataFormat;
import org.pocketdistill.data.Example;
import org.pocketdistill.data.ExampleReader;
import org.pocketdistill.data.JsonlSource;
import org.pocketdistill.data.SourceConfig;
import org.pocketdistill.eval.EvaluationTask;
import org.pocketdistill.eval.Evaluator;
import org.pocketdistill.eval.LmEvalFiles;
import org.pocketdistill.eval.ModelMeasurement;
import org.pocketdistill.eval.TaskConfig;
import org.pocketdistill.eval.result.MetricValue;
import org.pocketdistill.eval.result.ModelInfo;
import org.pocketdistill.eval.result.ModelRole;
import org.pocketdistill.eval.statistics.Bootstrap;
import org.pocketdistill.pipeline.Shared;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/** Every sample of lm-evaluation-harness 0.4.13 on SmolLM2-135M-Instruct in fp32. */
@Tag("slow")
class SlowLmEvalGoldenTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Per continuation and per document; what another fp32 implementation may differ by. */
  private static final double CONTINUATION_TOLERANCE = 2e-3;

  private static final double DOCUMENT_TOLERANCE = 0.05;

  private static final int DOCUMENT_CHARACTERS = 4000;
  private static final Bootstrap BOOTSTRAP = new Bootstrap(100, 0);

  private static TokenLanguageModel model;

  @TempDir private Path folder;

  @BeforeAll
  static void load() throws IOException {
    model =
        new LanguageModelFolder(Shared.path("models/SmolLM2-135M-Instruct.Q4_1.gguf"))
            .open(ComputeDtype.FP32, 32);
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static List<Example> rows(String data, DataFormat format, int n) {
    Path file = Shared.path("data/" + data);
    SourceConfig source =
        new SourceConfig(
            file.toString(), format, Map.of(), "", Optional.empty(), List.of(0.0, 1.0));
    List<Example> rows = new ArrayList<>();
    try (ExampleReader reader = new JsonlSource(source, file, 0, BadLines.none()).open()) {
      while (rows.size() < n) {
        rows.add(reader.next());
      }
    }
    return rows;
  }

  private ModelMeasurement measure(String task, List<Example> rows) throws IOException {
    TaskConfig config =
        ConfigReader.read(Path.of("..", "configs", "tasks", task + ".yaml"), TaskConfig.class);
    ModelInfo info = new ModelInfo(ModelRole.TEACHER, "smollm2", "m", 1, 1, "torch", "fp32");
    ModelMeasurement measured =
        new Evaluator(32, BOOTSTRAP)
            .evaluate(info, model, List.of(EvaluationTask.of(config, "golden", rows)));
    LmEvalFiles.write(folder, measured, BOOTSTRAP);
    return measured;
  }

  private List<JsonNode> samples(String task) throws IOException {
    List<JsonNode> samples = new ArrayList<>();
    for (String line : Files.readAllLines(folder.resolve("samples_" + task + "_golden.jsonl"))) {
      samples.add(JSON.readTree(line));
    }
    return samples;
  }

  private static List<JsonNode> goldens(String task) throws IOException {
    Path file = Shared.path("goldens/lm_eval/a_" + task + ".samples.jsonl.gz");
    List<JsonNode> samples = new ArrayList<>();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        samples.add(JSON.readTree(line));
      }
    }
    return samples;
  }

  private static double number(JsonNode text) {
    return Double.parseDouble(text.textValue());
  }

  private static double golden(String task, String metric) throws IOException {
    return JSON.readTree(Shared.path("goldens/lm_eval/a_" + task + ".results.json").toFile())
        .path("results")
        .path(metric + ",none")
        .doubleValue();
  }

  @ParameterizedTest
  @CsvSource({
    "arc_easy, arc_easy/test.jsonl.gz",
    "boolq, boolq/dev.jsonl.gz",
    "piqa, piqa/valid.jsonl.gz"
  })
  void choicesHaveTheSameLogProbabilities(String task, String data) throws IOException {
    List<JsonNode> goldens = goldens(task);
    ModelMeasurement measured =
        measure(task, rows(data, DataFormat.MULTIPLE_CHOICE, goldens.size()));

    List<JsonNode> samples = samples(task);
    double largest = 0;
    for (int i = 0; i < goldens.size(); i++) {
      JsonNode golden = goldens.get(i);
      JsonNode sample = samples.get(i);
      assertThat(sample.path("target").textValue()).isEqualTo(golden.path("target").asText());
      for (int c = 0; c < golden.path("filtered_resps").size(); c++) {
        JsonNode request = sample.path("arguments").path("gen_args_" + c);
        assertThat(request.path("arg_0")).isEqualTo(golden.path("arguments").path(c).path(0));
        assertThat(request.path("arg_1")).isEqualTo(golden.path("arguments").path(c).path(1));
        JsonNode expected = golden.path("filtered_resps").path(c);
        JsonNode response = sample.path("filtered_resps").path(c);
        double difference = number(response.path(0)) - expected.path(0).doubleValue();
        largest = Math.max(largest, Math.abs(difference));
        assertThat(response.path(1).textValue().equals("True"))
            .as("%s %d %d is greedy", task, i, c)
            .isEqualTo(expected.path(1).booleanValue());
      }
      for (String metric : measured.tasks().get(0).result().metrics().keySet()) {
        assertThat(sample.path(metric)).as("%d", i).isEqualTo(golden.path(metric));
      }
    }
    report(task, largest);
    assertThat(largest).isLessThan(CONTINUATION_TOLERANCE);
    for (Map.Entry<String, MetricValue> metric :
        measured.tasks().get(0).result().metrics().entrySet()) {
      assertThat(metric.getValue().value()).isCloseTo(golden(task, metric.getKey()), within(1e-12));
      assertThat(metric.getValue().stderr())
          .isCloseTo(golden(task, metric.getKey() + "_stderr"), within(1e-12));
    }
  }

  @Test
  void documentsHaveTheSameLogProbabilities() throws IOException {
    List<JsonNode> goldens = goldens("wikitext2");
    List<Example> rows = new ArrayList<>();
    for (Example row : rows("wikitext2/test.raw.jsonl.gz", DataFormat.TEXT, goldens.size())) {
      String text = row.text();
      int end =
          text.offsetByCodePoints(
              0, Math.min(DOCUMENT_CHARACTERS, text.codePointCount(0, text.length())));
      rows.add(Example.ofText(row.id(), text.substring(0, end)));
    }
    ModelMeasurement measured = measure("wikitext2", rows);

    List<JsonNode> samples = samples("wikitext2");
    double largest = 0;
    for (int i = 0; i < goldens.size(); i++) {
      assertThat(samples.get(i).path("target")).isEqualTo(goldens.get(i).path("target"));
      for (String metric : List.of("word_perplexity", "byte_perplexity", "bits_per_byte")) {
        JsonNode pair = samples.get(i).path(metric);
        JsonNode expected = goldens.get(i).path(metric);
        double difference = pair.path(0).doubleValue() - expected.path(0).doubleValue();
        largest = Math.max(largest, Math.abs(difference));
        assertThat(pair.path(1).doubleValue()).isEqualTo(expected.path(1).doubleValue());
      }
    }
    report("wikitext2", largest);
    assertThat(largest).isLessThan(DOCUMENT_TOLERANCE);
    for (Map.Entry<String, MetricValue> metric :
        measured.tasks().get(0).result().metrics().entrySet()) {
      double expected = golden("wikitext2", metric.getKey());
      assertThat(metric.getValue().value()).isCloseTo(expected, within(1e-4 * expected));
    }
  }

  private static void report(String task, double largest) {
    System.out.printf(
        Locale.ROOT, "%s: largest difference of a log-probability %.1e%n", task, largest);
  }
}
