package org.pocketdistill.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.pipeline.Shared;
import org.pocketdistill.tokenize.HfTokenizer;

/** The job of configs/smollm2-assistant.yaml, shortened: a real GGUF teacher to its report. */
@Tag("slow")
class SlowSmolLm2JobTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int IDS = 49_152;

  @TempDir private Path folder;

  @Test
  void runsToItsReport() throws IOException {
    Path run = folder.resolve("run");
    List<Object> arguments =
        new ArrayList<>(List.of("run", Path.of("..", "configs", "smollm2-assistant.yaml")));
    for (String override : overrides(run)) {
      arguments.addAll(List.of("--set", override));
    }
    Console console = new Console();

    int code = console.run(arguments.toArray());

    assertThat(code).as(console.err()).isEqualTo(Main.DONE);
    JsonNode teacher = model(run, "teacher");
    JsonNode int8 = model(run, "onnx-int8");
    assertThat(teacher.at("/model/parameters").longValue()).isEqualTo(134_515_008);
    // Twelve steps teach something of the questions' words; random weights have IDS or so.
    assertThat(perplexity(teacher)).isBetween(2.0, 20.0);
    assertThat(perplexity(model(run, "distilled")))
        .isLessThan(perplexity(model(run, "student_init")) / 4);
    assertThat(perplexity(int8)).isLessThan(IDS / 4.0);
    Path exported = run.resolve("07-export/int8");
    assertThat(Files.readString(exported.resolve("tokenizer_config.json")))
        .contains("You are a helpful AI assistant named SmolLM");
    try (HfTokenizer tokenizer = HfTokenizer.load(exported)) {
      assertThat(tokenizer.vocabSize()).isEqualTo(IDS);
    }
  }

  private static JsonNode model(Path run, String name) throws IOException {
    for (JsonNode model : JSON.readTree(run.resolve("report.json").toFile()).path("models")) {
      if (model.at("/model/name").textValue().equals(name)) {
        return model;
      }
    }
    throw new AssertionError("no model " + name + " in the report");
  }

  private static double perplexity(JsonNode model) {
    for (JsonNode task : model.path("tasks")) {
      if (task.path("task").asText().equals("answer")) {
        return task.at("/metrics/0/value").doubleValue();
      }
    }
    throw new AssertionError("no perplexity in " + model);
  }

  private static List<String> overrides(Path run) {
    return List.of(
        "output_dir=" + run,
        "data.dir=" + Shared.path("data"),
        "teacher.path=" + Shared.path("models/SmolLM2-135M-Instruct.Q4_1.gguf"),
        "data.train.0.limit=60",
        "data.dev.0.limit=2",
        "data.test.word_problems.0.limit=4",
        "data.test.home.0.limit=2",
        "lora.0.data.0.limit=10",
        "lora.0.train.num_train_epochs=1",
        "lora.0.train.warmup_steps=0",
        "distill.train.max_steps=12",
        "distill.train.batch_size=1",
        "distill.train.warmup_steps=2",
        "export.check_prompts=1",
        "evaluate.batch_size=4");
  }
}
