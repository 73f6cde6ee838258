package org.pocketdistill.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.pipeline.cli.TinyJob.Outcome;

/** What is redone of a finished run, told by the times of its files: one run, changed in turn. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ChangedConfigTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> STAGES =
      List.of(
          "01-data",
          "02-teacher",
          "03-student",
          "04-distill",
          "05-control",
          "06-lora",
          "07-export",
          "08-evaluate");

  @TempDir private static Path folder;

  private static TinyJob job;

  private Map<String, String> before;
  private String log;

  @BeforeAll
  static void runOnce() throws IOException {
    job = TinyJob.in(folder);
    Outcome outcome = job.run();
    assertThat(outcome.code()).as(outcome.err()).isZero();
  }

  @BeforeEach
  void lookAtTheFiles() throws IOException {
    before = times();
  }

  /** Stage folders with the time of every file. */
  private static Map<String, String> times() throws IOException {
    Map<String, String> times = new TreeMap<>();
    for (String stage : STAGES) {
      if (!Files.exists(job.path(stage))) {
        continue;
      }
      try (Stream<Path> files = Files.walk(job.path(stage))) {
        List<String> all = new ArrayList<>();
        for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
          all.add(file + " " + Files.getLastModifiedTime(file));
        }
        times.put(stage, all.toString());
      }
    }
    return times;
  }

  /** Runs, and returns the stages of which any file changed. */
  private List<String> redoneBy(String... options) throws IOException {
    Outcome outcome = job.run(options);
    assertThat(outcome.code()).as(outcome.err()).isZero();
    log = outcome.err();
    Map<String, String> after = times();
    return STAGES.stream()
        .filter(stage -> !after.getOrDefault(stage, "").equals(before.getOrDefault(stage, "")))
        .toList();
  }

  @Test
  @Order(1)
  void nothingIsRedoneForTheSameConfiguration() throws IOException {
    assertThat(redoneBy()).isEmpty();
    assertThat(log).isEmpty();
  }

  @Test
  @Order(2)
  void nothingIsRedoneForWhatChangesNoResult() throws IOException {
    assertThat(
            redoneBy(
                "--set", "distill.train.save_steps=7",
                "--set", "teacher.train.logging_steps=5",
                "--set", "lora.0.train.save_steps=2",
                "--set", "evaluate.batch_size=3"))
        .isEmpty();
  }

  @Test
  @Order(3)
  void onlyWhatDependsOnAKeyIsRedoneAndTheReasonSaid() throws IOException {
    assertThat(redoneBy("--set", "lora.0.r=3", "--set", "name=renamed"))
        .containsExactly("06-lora", "07-export", "08-evaluate");
    assertThat(log.lines())
        .satisfiesExactly(
            line ->
                assertThat(line)
                    .endsWith("lora: redone, since its inputs have changed: lora.0.r: was 2, is 3"),
            line ->
                assertThat(line)
                    .containsPattern(
                        "export: redone, since .*: model: was [0-9a-f]{12}…, is [0-9a-f]{12}…"),
            line ->
                assertThat(line).contains("evaluate: redone", "exported: was", "lora.phone: was"));
  }

  @Test
  @Order(4)
  void aStageWhoseRecordIsBrokenIsRedone() throws IOException {
    Files.write(job.path("03-student/stage.json"), new byte[512]);

    assertThat(redoneBy("--set", "lora.0.r=3")).containsExactly("03-student");
  }

  @Test
  @Order(5)
  void anEvaluationThatWasInterruptedEndsWithTheSameResults() throws IOException {
    byte[] results = Files.readAllBytes(job.path("08-evaluate/results.json"));
    Path record = job.path("08-evaluate/stage.json");
    ObjectNode running = (ObjectNode) JSON.readTree(record.toFile());
    Files.writeString(record, running.put("status", "running").toString());
    Files.delete(job.path("08-evaluate/results.json"));
    Files.writeString(job.path("08-evaluate/teacher/results_lm_eval.json"), "{");

    assertThat(redoneBy("--set", "lora.0.r=3")).containsExactly("08-evaluate");
    assertThat(job.path("08-evaluate/results.json")).hasBinaryContent(results);
  }

  @Test
  @Order(6)
  void aPartOfTheLineIsRedoneOnDemand() throws IOException {
    byte[] model = Files.readAllBytes(job.path("04-distill/model/model.safetensors"));

    assertThat(redoneBy("--set", "lora.0.r=3", "--from", "student", "--to", "distill"))
        .containsExactly("03-student", "04-distill");
    assertThat(job.path("04-distill/model/model.safetensors"))
        .as("the same seed, the same bits")
        .hasBinaryContent(model);
  }

  @Test
  @Order(7)
  void theControlComesAndGoesWithItsKey() throws IOException {
    assertThat(redoneBy("--set", "distill.control=true", "--to", "control"))
        .containsExactly("05-control");
    before = times();
    assertThat(redoneBy("--set", "lora.0.r=4", "--to", "control"))
        .as("goes no further than asked for, and leaves no control for the report")
        .containsExactly("05-control");
    assertThat(job.path("05-control")).doesNotExist();
  }

  @Test
  @Order(8)
  void aLongerContextIsOneForTheModelsToo() throws IOException {
    assertThat(redoneBy("--set", "export.context_length=200", "--to", "data"))
        .containsExactly("01-data");
    assertThat(log).contains("data: redone", "context_length: was 192, is 200");
  }

  @Test
  @Order(9)
  void aRangeThatEndsBeforeItBeginsIsRefused() {
    Outcome outcome = job.run("--from", "export", "--to", "distill");

    assertThat(outcome.code()).isEqualTo(Main.WRONG_INPUT);
    assertThat(outcome.err()).startsWith("distill run: --from export comes after --to distill");
  }
}
