package org.pocketdistill.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.pipeline.cli.TinyJob.Child;
import org.pocketdistill.pipeline.cli.TinyJob.Outcome;

/** A run that was killed or stopped ends with the same bits as one that never was. */
class InterruptedRunTest {
  private static final String LAST = "lora";
  private static final int ATTEMPTS = 5;
  private static final Map<String, String> TRAININGS =
      Map.of("teacher", "02-teacher", "distill", "04-distill", "lora", "06-lora/phone");
  private static final List<String> RESULTS =
      List.of(
          "02-teacher/model/model.safetensors",
          "04-distill/model/model.safetensors",
          "06-lora/phone/adapter/adapter_model.safetensors",
          "06-lora/phone/merged/model.safetensors");

  @TempDir private static Path shared;

  private static TinyJob uninterrupted;

  @TempDir private Path folder;

  @BeforeAll
  static void runWithoutInterruption() throws IOException {
    uninterrupted = TinyJob.in(shared);
    Outcome outcome = uninterrupted.run("--to", LAST);
    assertThat(outcome.code()).as(outcome.err()).isZero();
  }

  @Test
  void killedInEveryTrainingAndStartedAgainItEndsWithTheSameBits() throws Exception {
    TinyJob job = TinyJob.in(folder);
    killDuring(job, "teacher");
    killDuring(job, "distill");
    killDuring(job, "lora");

    Outcome outcome = job.run("--to", LAST);

    assertThat(outcome.code()).as(outcome.err()).isZero();
    sameBits(job);
    for (String training : TRAININGS.values()) {
      sameMetrics(job, training);
      assertThat(job.checkpoints(training)).isEmpty();
    }
  }

  /** Kills the run between a checkpoint and the end of the training; again if it was too late. */
  private static void killDuring(TinyJob job, String stage) throws Exception {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      try (Child child = job.start("--from", stage, "--to", LAST)) {
        boolean checkpointed = child.awaitCheckpoint(TRAININGS.get(stage));
        child.kill();
        if (checkpointed && isTraining(job, stage)) {
          return;
        }
      }
    }
    throw new AssertionError("no run could be killed during " + stage);
  }

  private static boolean isTraining(TinyJob job, String stage) throws IOException {
    String folder = TRAININGS.get(stage).replaceFirst("/.*", "");
    return job.stage(folder).path("status").asText().equals("running")
        && !job.checkpoints(TRAININGS.get(stage)).isEmpty();
  }

  private static void sameBits(TinyJob job) throws IOException {
    for (String result : RESULTS) {
      assertThat(Files.mismatch(job.path(result), uninterrupted.path(result)))
          .as("first different byte of %s", result)
          .isEqualTo(-1);
    }
  }

  private static void sameMetrics(TinyJob job, String training) throws IOException {
    List<JsonNode> lines = job.metrics(training, "loss");
    List<JsonNode> expected = uninterrupted.metrics(training, "loss");
    assertThat(lines.stream().map(line -> line.path("step").intValue()))
        .as("steps of %s", training)
        .containsExactlyElementsOf(IntStream.rangeClosed(1, TinyJob.STEPS).boxed().toList());
    for (String key : List.of("loss", "kd", "ce", "learning_rate", "grad_norm")) {
      assertThat(lines.stream().map(line -> line.path(key)))
          .as("%s of %s", key, training)
          .containsExactlyElementsOf(expected.stream().map(line -> line.path(key)).toList());
    }
    assertThat(job.metrics(training, "dev_loss"))
        .isEqualTo(uninterrupted.metrics(training, "dev_loss"));
  }

  @Test
  void stoppedByCtrlCItSavesSaysHowToGoOnAndEndsWithTheSameBits() throws Exception {
    TinyJob job = TinyJob.in(folder);
    String[] options = {"--to", LAST, "--set", "name=a 'quoted' name", "--set", "name=tiny"};
    Outcome stopped = null;
    int expected = Main.STOPPED;
    for (int attempt = 0; attempt < ATTEMPTS && stopped == null; attempt++) {
      try (Child child = job.start(withFrom(options))) {
        child.awaitCheckpoint("02-teacher");
        expected = child.interrupt();
        Outcome ended = child.await();
        stopped = isTraining(job, "teacher") ? ended : null;
      }
    }

    assertThat(stopped).as("a run that was stopped while it trained the teacher").isNotNull();
    assertThat(stopped.code()).as(stopped.err()).isEqualTo(expected);
    assertThat(stopped.out())
        .containsSubsequence(
            "interrupted: finishing the step and saving ...",
            "saved.",
            "To go on: distill run '"
                + job.file()
                + "' --set 'name=a '\\''quoted'\\'' name' --set name=tiny --to lora");
    assertThat(stopped.err()).doesNotContain("\tat ");

    Outcome resumed = job.run(options);

    assertThat(resumed.code()).as(resumed.err()).isZero();
    sameBits(job);
  }

  private static String[] withFrom(String... options) {
    return Stream.concat(Stream.of("--from", "teacher"), Stream.of(options)).toArray(String[]::new);
  }
}
