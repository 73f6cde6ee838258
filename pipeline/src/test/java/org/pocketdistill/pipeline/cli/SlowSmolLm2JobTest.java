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
  private static final int IDS = 12_288;

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
    assertThat(teacher.at("/model/parameters").longValue()).isEqualTo(134_515_008);
    assertThat(model(run, "distilled").at("/model/parameters").longValue())
        .isBetween(90_000_000L, 94_000_000L);
    // The first text of WikiText-2's test set.
    assertThat(wordPerplexity(teacher)).isBetween(15.0, 120.0);
    // Twelve steps teach the form of the commands, and no words.
    double learned = callPerplexity(model(run, "distilled"));
    assertThat(learned).isLessThan(callPerplexity(model(run, "student_init")) / 2);
    // Not on WikiText-2: the package's context is shorter, and so are the windows of its texts.
    assertThat(callPerplexity(model(run, "onnx-fp32")) / learned).isBetween(0.999, 1.001);
    Path exported = run.resolve("07-export/fp32");
    assertThat(Files.readString(exported.resolve("tokenizer_config.json")))
        .contains("You are a helpful AI assistant named SmolLM");
    try (HfTokenizer tokenizer = HfTokenizer.load(exported);
        HfTokenizer whole = HfTokenizer.load(run.resolve("02-teacher/model"))) {
      assertThat(tokenizer.vocabSize()).isEqualTo(IDS);
      assertThat(tokenizer.idsIn(whole)).isSorted();
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

  private static double wordPerplexity(JsonNode model) {
    return metric(model, "wikitext2", "word_perplexity");
  }

  private static double callPerplexity(JsonNode model) {
    return metric(model, "snips", "perplexity");
  }

  private static double metric(JsonNode model, String set, String name) {
    for (JsonNode task : model.path("tasks")) {
      for (JsonNode metric : task.path("metrics")) {
        if (task.path("set").asText().equals(set) && metric.path("metric").asText().equals(name)) {
          return metric.path("value").doubleValue();
        }
      }
    }
    throw new AssertionError("no " + name + " on " + set + " in " + model);
  }

  private static List<String> overrides(Path run) {
    return List.of(
        "output_dir=" + run,
        "data.dir=" + Shared.path("data"),
        "teacher.path=" + Shared.path("models/SmolLM2-135M-Instruct.Q4_1.gguf"),
        "data.train.0.limit=20",
        "data.train.1.limit=10",
        "data.train.2.limit=4",
        "data.train.3.limit=5",
        "data.train.4.limit=5",
        "data.dev.0.limit=2",
        "data.test.snips.0.limit=8",
        "data.test.home.0.limit=2",
        "data.test.arc_easy.0.limit=2",
        "data.test.boolq.0.limit=2",
        "data.test.piqa.0.limit=2",
        "data.test.wikitext2.0.limit=1",
        "teacher.lora.data.0.limit=10",
        "teacher.lora.data.1.limit=5",
        "teacher.lora.train.warmup_steps=0",
        // A gentle cut: what the job's own leaves is no model yet after twelve steps.
        "student={prune: {num_hidden_layers: 24, vocab_size: 12288, calibration_tokens: 512}}",
        "distill.train.num_train_epochs=1",
        "distill.train.max_steps=12",
        "distill.train.batch_size=1",
        "distill.train.warmup_steps=2",
        "lora.0.data.0.limit=10",
        "lora.0.data.1.limit=5",
        "lora.0.train.num_train_epochs=1",
        "lora.0.train.warmup_steps=0",
        "export.precisions=[fp32]",
        "gates={}",
        "export.check_prompts=1",
        "evaluate.batch_size=4");
  }
}
