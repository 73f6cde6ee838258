package org.pocketdistill.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.pipeline.cli.TinyJob.Outcome;
import org.pocketdistill.pipeline.config.JobFile;
import org.pocketdistill.pipeline.job.DistillJob;
import org.pocketdistill.pipeline.job.StageRange;
import org.pocketdistill.pipeline.train.StopSignal;
import org.pocketdistill.pipeline.train.TrainingException;

/** What a kill can leave in places where no test can time it. */
class RecoveryTest {
  private static final String TEACHER = "02-teacher";

  /** Enough for a stop to come in time. */
  private static final String MANY_STEPS = "teacher.train.max_steps=200";

  @TempDir private Path folder;

  @Test
  void halfATeacherToStartFromIsWrittenAnew() throws IOException {
    TinyJob job = TinyJob.in(folder);
    job.stopAtCheckpoint(TEACHER, MANY_STEPS, "teacher.train.save_steps=1");
    Files.delete(job.path("02-teacher/untrained/config.json"));
    Files.writeString(job.path("02-teacher/untrained/model.safetensors"), "half");

    Outcome outcome = job.run("--to", "teacher", "--set", MANY_STEPS);

    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(job.path("02-teacher/untrained")).doesNotExist();
  }

  @Test
  void aCheckpointHalfWrittenOrHalfRemovedIsNoCheckpoint() throws IOException {
    TinyJob job = TinyJob.in(folder);
    job.stopAtCheckpoint(TEACHER, MANY_STEPS, "teacher.train.save_steps=1");
    Files.createDirectories(job.path("02-teacher/checkpoint-999.tmp"));
    Files.createDirectories(job.path("02-teacher/checkpoint-998.old"));

    Outcome outcome = job.run("--to", "teacher", "--set", MANY_STEPS);

    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(job.metrics(TEACHER, "loss")).hasSize(200);
    assertThat(job.path(TEACHER).toFile().list()).noneMatch(name -> name.startsWith("checkpoint"));
  }

  @Test
  void anAdapterThatIsFinishedIsNotTrainedAgain() throws IOException {
    TinyJob job = TinyJob.in(folder);
    Files.writeString(folder.resolve("own.jsonl"), "{\"prompt\": \"a\", \"completion\": \"b\"}\n");
    String train = "train: {max_steps: %d, save_steps: 1, learning_rate: 1e-2, precision: fp32}}";
    String[] overrides = {
      "teacher.train.max_steps=1",
      "distill.train.max_steps=1",
      "export.merge_adapter=second",
      "lora=[{name: first, r: 2, "
          + train.formatted(2)
          + ", {name: second, r: 2, data: [{path: own.jsonl, format: prompt_completion}], "
          + train.formatted(200)
          + "]"
    };
    job.stopAtCheckpoint("06-lora/second", overrides);
    Path first = job.path("06-lora/first/adapter/adapter_model.safetensors");
    FileTime written = Files.getLastModifiedTime(first);
    Stream<String> sets = Arrays.stream(overrides).flatMap(set -> Stream.of("--set", set));

    Outcome outcome =
        job.run(Stream.concat(Stream.of("--to", "lora"), sets).toArray(String[]::new));

    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(Files.getLastModifiedTime(first)).isEqualTo(written);
    assertThat(job.stage("06-lora").path("outputs").path("first").path("steps").intValue())
        .isEqualTo(2);
    assertThat(job.path("06-lora/second/merged/model.safetensors")).exists();
    assertThat(job.metrics("06-lora/second", "dev_loss"))
        .as("the job's dev rows are not its own")
        .isEmpty();
  }

  @Test
  void aStopThatNoTrainingSawEndsTheRunBeforeItsNextStage() throws IOException {
    TinyJob job = TinyJob.in(folder);
    JobFile file = JobFile.read(job.file(), List.of());
    StopSignal stop = new StopSignal();
    stop.request();
    DistillJob run = new DistillJob(file.config(), file.path(), StageRange.ALL, stop);

    assertThatThrownBy(run::run)
        .isInstanceOf(TrainingException.class)
        .hasMessage("stopped before data, all else is saved");
    assertThat(job.path("01-data")).doesNotExist();
  }
}
