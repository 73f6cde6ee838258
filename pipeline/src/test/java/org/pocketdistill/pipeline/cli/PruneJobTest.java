package org.pocketdistill.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.pipeline.cli.TinyJob.Outcome;
import org.pocketdistill.pipeline.model.HfConfigFile;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.tokenize.HfTokenizer;

/** Jobs whose student is cut out of the teacher. */
class PruneJobTest {
  private static final String YAML =
      """
      name: cut
      output_dir: '%s'
      seed: 3
      data:
        generator: {train_rows: 40, dev_rows: 2, test_rows: 3, hard_rows: 2, languages: [en]}
        max_seq_len: 192
        near_duplicate_threshold: 1
      tokenizer: {vocab_size: 400}
      teacher:
        model: {model_type: llama, hidden_size: 32, intermediate_size: 64, num_hidden_layers: 3, num_attention_heads: 4, num_key_value_heads: 2}
        train: {max_steps: 20, batch_size: 4, learning_rate: 1.0e-2, precision: fp32}
      student:
        prune: %s
      distill:
        train: {max_steps: 20, batch_size: 4, learning_rate: 1.0e-2, precision: fp32}
      export: {context_length: 192, check_prompts: 1, precisions: [fp32]}
      evaluate: {tasks: [{task: function_call, set: test}]}
      """;

  @TempDir private Path folder;

  private TinyJob job(String prune) throws IOException {
    return TinyJob.in(folder, YAML.formatted(folder.resolve("run"), prune));
  }

  @Test
  void depthWidthAndVocabularyAreCutTogether() throws IOException {
    TinyJob job =
        job(
            "{num_hidden_layers: 2, hidden_size: 24, intermediate_size: 40, num_attention_heads: 2,"
                + " vocab_size: 330, calibration_tokens: 2000}");
    Outcome outcome = job.run();
    assertThat(outcome.code()).as(outcome.err()).isZero();
    ModelConfig teacher = HfConfigFile.read(job.path("02-teacher/model"));
    for (String model :
        new String[] {
          "03-student/model", "04-distill/model", "05-control/model", "07-export/fp32"
        }) {
      ModelConfig config = HfConfigFile.read(job.path(model));
      assertThat(config.sizes())
          .as(model)
          .hasToString("2 layers, hidden 24, intermediate 40, heads 2/2, vocabulary 330");
      assertThat(config.headDim()).isEqualTo(teacher.headDim());
      try (HfTokenizer own = HfTokenizer.load(job.path(model));
          HfTokenizer whole = HfTokenizer.load(job.path("02-teacher/model"))) {
        assertThat(own.vocabSize()).isEqualTo(330);
        assertThat(own.idsIn(whole)).isSorted();
        assertThat(config.eosTokenIds()).containsExactly(own.eosId().orElseThrow());
      }
    }
    JsonNode outputs = job.stage("03-student").path("outputs");
    assertThat(outputs.path("block_influence")).hasSize(3);
    assertThat(outputs.path("layers")).hasSize(2);
    assertThat(outputs.path("teacher_loss").asDouble()).isLessThan(outputs.path("loss").asDouble());
    double dev = job.stage("04-distill").path("outputs").path("dev_loss").asDouble();
    assertThat(dev).isLessThan(outputs.path("loss").asDouble());
    assertThat(job.run().err()).as("nothing is done twice").doesNotContain("redone");
  }

  @Test
  void aTargetIsSearched() throws IOException {
    TinyJob job = job("{target_parameters: 18K, candidates: 3, calibration_tokens: 1000}");
    Outcome outcome = job.run("--to", "student");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(HfConfigFile.read(job.path("03-student/model")).parameters())
        .isBetween(16_200L, 18_000L);
    JsonNode candidates = job.stage("03-student").path("outputs").path("candidates");
    assertThat(candidates.size()).isBetween(1, 3);
    double best = job.stage("03-student").path("outputs").path("loss").asDouble();
    candidates.forEach(
        candidate -> assertThat(candidate.path("loss").asDouble()).isGreaterThanOrEqualTo(best));
  }

  @Test
  void aTargetOutOfReachNamesTheNearest() throws IOException {
    Outcome outcome = job("{target_parameters: 1K}").run("--to", "student");
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err())
        .contains("no candidate reaches the target of 1,000 parameters; the nearest is")
        .contains("vocab_size")
        .doesNotContain("at org.pocketdistill");
  }

  @Test
  void sizesThatTheTeacherDoesNotHaveAreRefused() throws IOException {
    Outcome outcome = job("{num_hidden_layers: 4}").run("--to", "student");
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err())
        .contains("student.prune.num_hidden_layers: 4, expected at most the teacher's 3");
  }

  @Test
  void aStudentWithSomeOfTheTeachersTokensLearnsFromIt() throws IOException {
    TinyJob first = job("{num_hidden_layers: 1, vocab_size: 300, calibration_tokens: 500}");
    assertThat(first.run("--to", "student").code()).isZero();
    Path teacher = folder.resolve("teacher");
    Path student = folder.resolve("student");
    Files.move(first.path("02-teacher/model"), teacher);
    Files.move(first.path("03-student/model"), student);
    String yaml =
        YAML.formatted(folder.resolve("run"), "X")
            .replaceFirst(
                "(?s)teacher:.*distill:", "teacher: {path: '" + teacher + "'}\nSTUDENT\ndistill:");
    TinyJob second =
        TinyJob.in(
            folder.resolve("again"),
            yaml.replace("STUDENT", "student: {path: '" + student + "'}")
                .replace(folder.resolve("run").toString(), folder.resolve("again/run").toString())
                .replace("tokenizer: {vocab_size: 400}\n", ""));
    Outcome outcome = second.run();
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(HfConfigFile.read(second.path("04-distill/model")).vocabSize()).isEqualTo(300);
    TinyJob turned =
        TinyJob.in(
            folder.resolve("turned"),
            yaml.replace("'" + teacher + "'", "'" + student + "'")
                .replace("STUDENT", "student: {path: '" + teacher + "'}")
                .replace(folder.resolve("run").toString(), folder.resolve("turned/run").toString())
                .replace("tokenizer: {vocab_size: 400}\n", ""));
    Outcome refused = turned.run();
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err())
        .contains("student.path")
        .contains("is not part of the teacher's")
        .contains("is not among the 300 tokens");
  }
}
