package org.pocketdistill.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pocketdistill.data.BadLines;
import org.pocketdistill.data.DataFormat;
import org.pocketdistill.data.Example;
import org.pocketdistill.data.ExampleReader;
import org.pocketdistill.data.JsonlSource;
import org.pocketdistill.data.Role;
import org.pocketdistill.data.SourceConfig;
import org.pocketdistill.pipeline.Shared;

/** Real utterances: every row is read, and the job of configs/snips.yaml runs to its report. */
@Tag("slow")
class SlowSnipsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "snips/train.jsonl.gz, 10000",
    "snips/valid.jsonl.gz, 700",
    "home_assistant_intents/en.jsonl.gz, 1110",
    "home_assistant_intents/zh_cn.jsonl.gz, 817",
  })
  void readsEveryRow(String name, int rows) {
    Path file = Shared.path("data/" + name);
    SourceConfig source =
        new SourceConfig(
            name,
            DataFormat.FUNCTION_CALL,
            Map.of("name", "intent", "arguments", "slots"),
            "real",
            Optional.empty(),
            List.of(0.0, 1.0));
    BadLines badLines = new BadLines(0);
    try (ExampleReader reader = new JsonlSource(source, file, 0, badLines).open()) {
      while (reader.hasNext()) {
        Example example = reader.next();
        assertThat(example.messages())
            .extracting(m -> m.role())
            .containsExactly(Role.USER, Role.ASSISTANT);
        assertThat(example.messages().get(1).content()).startsWith("{\"name\":\"");
      }
      assertThat(reader.rows()).isEqualTo(rows);
      assertThat(badLines.count()).isZero();
    }
  }

  @Test
  void runsTheJobToItsReport() throws IOException {
    Path run = folder.resolve("run");
    List<Object> arguments = new ArrayList<>();
    arguments.addAll(List.of("run", Path.of("..", "configs", "snips.yaml")));
    for (String override : overrides(run)) {
      arguments.addAll(List.of("--set", override));
    }
    Console console = new Console();

    int code = console.run(arguments.toArray());

    // Nothing is learned in so few steps, and the gate of retention says so.
    assertThat(code).as(console.err()).isEqualTo(Main.GATE_MISSED);
    assertThat(console.out()).contains("GATE MISSED: min_retention", "report: " + run);
    assertThat(run.resolve("report.html")).isNotEmptyFile();
    assertThat(run.resolve("report.md")).isNotEmptyFile();
    JsonNode data = JSON.readTree(run.resolve("01-data/stage.json").toFile()).path("outputs");
    assertThat(data.path("bad_lines").intValue()).isZero();
    assertThat(data.path("sets").path("snips").intValue()).isEqualTo(6);
    List<String> models = new ArrayList<>();
    for (JsonNode model : JSON.readTree(run.resolve("report.json").toFile()).path("models")) {
      models.add(model.at("/model/name").textValue());
    }
    assertThat(models)
        .containsExactly(
            "teacher",
            "student_init",
            "control",
            "distilled",
            "lora-home_assistant",
            "onnx-fp32",
            "onnx-int8");
    assertThat(Files.readString(run.resolve("report.md"))).contains("snips", "home");
  }

  private static List<String> overrides(Path run) {
    List<String> overrides =
        new ArrayList<>(
            List.of(
                "output_dir=" + run,
                "data.dir=" + Shared.path("data"),
                "data.train.0.limit=120",
                "data.dev.0.limit=4",
                "data.test.snips.0.limit=6",
                "data.test.home.0.limit=4",
                "lora.0.data.0.limit=40",
                "tokenizer.vocab_size=400",
                "teacher.model.num_hidden_layers=2",
                "export.check_prompts=4"));
    for (String model : List.of("teacher", "student")) {
      overrides.add(model + ".model.hidden_size=32");
      overrides.add(model + ".model.intermediate_size=48");
      overrides.add(model + ".model.num_attention_heads=2");
      overrides.add(model + ".model.num_key_value_heads=1");
    }
    for (String training : List.of("teacher", "distill", "lora.0")) {
      overrides.add(training + ".train.num_train_epochs=1");
      overrides.add(training + ".train.max_steps=3");
      overrides.add(training + ".train.warmup_steps=0");
      overrides.add(training + ".train.batch_size=2");
      overrides.add(training + ".train.precision=fp32");
    }
    return overrides;
  }
}
