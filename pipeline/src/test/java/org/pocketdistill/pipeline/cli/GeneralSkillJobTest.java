package org.pocketdistill.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.pipeline.cli.TinyJob.Outcome;

/** Choices and whole texts as evaluation sets of a whole job, up to its report. */
class GeneralSkillJobTest {
  private static final String TRAIN =
      "{max_steps: 4, batch_size: 2, learning_rate: 1.0e-2, logging_steps: 1, save_steps: 4,"
          + " precision: fp32}";
  private static final String YAML =
      """
      name: tiny
      output_dir: '%1$s/run'
      seed: 3
      data:
        generator: {train_rows: 40, dev_rows: 2, test_rows: 3, hard_rows: 2, languages: [en]}
        test:
          arc: [{path: arc.jsonl, format: %2$s, limit: 4}]
          passages: [{path: boolq.jsonl, format: multiple_choice, fields: {context: passage}}]
          wiki: [{path: wiki.jsonl, format: text}]
        max_seq_len: 192
      tokenizer: {vocab_size: 320}
      teacher:
        model: {model_type: llama, hidden_size: 32, intermediate_size: 64, num_hidden_layers: 2, num_attention_heads: 2}
        train: %3$s
      student:
        model: {model_type: qwen3, hidden_size: 16, intermediate_size: 32, num_hidden_layers: 1, num_attention_heads: 2}
      distill: {kd_ratio: 0.5, control: false, train: %3$s}
      export: {context_length: 192, check_prompts: 1, precisions: [int8]}
      evaluate:
        tasks:
          - {task: arc_easy, set: arc}
          - {task: boolq, set: passages}
          - {task: wikitext2, set: wiki}
          - {task: function_call, set: test}
      """;

  @TempDir private Path folder;

  @BeforeEach
  void writeRows() throws IOException {
    StringBuilder arc = new StringBuilder();
    StringBuilder boolq = new StringBuilder();
    for (int i = 0; i < 6; i++) {
      arc.append(
          "{\"id\": \"q%d\", \"question\": \"What is number %d?\", \"choices\": [\"one\", \"a two\", \"3\"], \"answer\": %d}\n"
              .formatted(i, i, i % 3));
      // longer than the students' context
      boolq.append(
          "{\"passage\": \"%s\", \"question\": \"is it so\", \"answer\": %b}\n"
              .formatted("No word of it. ".repeat(10 + 10 * i), i % 2 == 0));
    }
    Files.writeString(folder.resolve("arc.jsonl"), arc);
    Files.writeString(folder.resolve("boolq.jsonl"), boolq);
    Files.writeString(
        folder.resolve("wiki.jsonl"),
        "{\"text\": \"%s\"}\n{\"text\": \" = A page = \"}\n".formatted("Some words. ".repeat(80)));
  }

  private TinyJob job(String format) throws IOException {
    TinyJob job = TinyJob.in(folder, YAML.formatted(folder, format, TRAIN));
    for (String task : List.of("arc_easy", "boolq", "wikitext2")) {
      String file = task + ".yaml";
      Files.copy(Path.of("..", "configs", "tasks", file), folder.resolve("tasks").resolve(file));
    }
    return job;
  }

  @Test
  void areMeasuredComparedAndReported() throws IOException {
    TinyJob job = job("multiple_choice");

    Outcome outcome = job.run();

    assertThat(outcome.code()).as(outcome.err()).isZero();
    JsonNode results = new ObjectMapper().readTree(job.path("08-evaluate/results.json").toFile());
    JsonNode tasks = results.at("/models/0/tasks");
    assertThat(tasks.findValuesAsText("task"))
        .containsExactly("arc_easy", "boolq", "wikitext2", "function_call");
    assertThat(tasks.get(0).path("n").asInt()).as("limit of the source").isEqualTo(4);
    assertThat(tasks.get(0).path("chance").asDouble()).isEqualTo(0.25);
    assertThat(tasks.get(1).path("truncated").asInt()).isPositive();
    assertThat(outcome.err()).contains("prompts did not fit and lost their beginning");
    assertThat(tasks.get(2).at("/metrics/bits_per_byte/value").asDouble()).isPositive();
    assertThat(job.path("08-evaluate/onnx-int8/samples_arc_easy_arc.jsonl")).exists();
    assertThat(Files.readString(job.path("report.md")))
        .contains("arc_easy · arc: accuracy", "boolq · passages: accuracy")
        .contains("wikitext2 · wiki: word perplexity", "length-normalized accuracy")
        .contains("bits per byte", "byte perplexity", "What is number");
    assertThat(job.stage("01-data").at("/outputs/sets/arc").asInt()).isEqualTo(4);
  }

  @Test
  void aSetOfAnotherShapeIsRefusedBeforeAnythingRuns() throws IOException {
    Outcome outcome = job("messages").run();

    assertThat(outcome.code()).isNotZero();
    assertThat(outcome.err())
        .contains(
            "task 'arc_easy' on set 'arc': the set has rows of the shape messages, expected"
                + " multiple_choice, for the task's output_type is multiple_choice");
    assertThat(folder.resolve("run")).doesNotExist();
  }
}
