package org.pocketdistill.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.pipeline.cli.TinyJob.Child;
import org.pocketdistill.pipeline.cli.TinyJob.Outcome;
import org.pocketdistill.pipeline.torch.Torch;

/** Writes that fail, as on a full disk, leave what was there before and can be done again. */
class DiskFullTest {
  /** Between the teacher's model of 117 kB and its checkpoint of three times that. */
  private static final long LESS_THAN_A_CHECKPOINT = 200 * 1024;

  private static final long LESS_THAN_A_MODEL = 60 * 1024;
  private static final String TEACHER = "02-teacher";

  @TempDir private Path folder;

  /** Unpacks libtorch, which the limit would not let a child do. */
  @BeforeAll
  static void startTorch() {
    Torch.start();
  }

  @Test
  void anEarlierCheckpointStaysAndTheTrainingGoesOnFromIt() throws Exception {
    TinyJob job = TinyJob.in(folder);
    String manySteps = "teacher.train.max_steps=1000000";
    job.stopAtCheckpoint(TEACHER, manySteps);
    List<String> earlier = job.checkpoints(TEACHER);
    String newest = "02-teacher/" + earlier.get(earlier.size() - 1);
    byte[] state = Files.readAllBytes(job.path(newest + "/state.safetensors"));

    Outcome outcome = outcome(job, LESS_THAN_A_CHECKPOINT, "--set", manySteps);

    assertThat(outcome.code()).as(outcome.err()).isEqualTo(Main.FAILED);
    assertThat(outcome.err())
        .containsPattern(
            "IOException: checkpoint .*02-teacher/checkpoint-\\d+ could not be written")
        .contains("File too large")
        .contains("the earlier one is intact: " + job.path(newest));
    assertThat(Files.readAllBytes(job.path(newest + "/state.safetensors"))).isEqualTo(state);
    assertThat(unfinished(job)).isEmpty();

    job.stopAtCheckpoint(TEACHER, manySteps);

    assertThat(job.metrics(TEACHER, "loss"))
        .extracting(line -> line.path("step").intValue())
        .as("goes on, without a step twice")
        .startsWith(1, 2, 3, 4)
        .doesNotHaveDuplicates()
        .isSorted();
  }

  @Test
  void aModelThatCannotBeWrittenIsNamedAndWrittenByTheNextRun() throws Exception {
    TinyJob job = TinyJob.in(folder);

    Outcome outcome = outcome(job, LESS_THAN_A_MODEL, "--to", "student");

    assertThat(outcome.code()).as(outcome.err()).isEqualTo(Main.FAILED);
    assertThat(outcome.err())
        .contains("02-teacher/untrained/model.safetensors could not be written (File too large)");
    assertThat(unfinished(job)).isEmpty();
    assertThat(job.run("--to", "student").code()).isZero();
    assertThat(job.path("02-teacher/model/model.safetensors")).exists();
  }

  private static Outcome outcome(TinyJob job, long bytes, String... options) throws Exception {
    try (Child child = job.startWithFilesUpTo(bytes, options)) {
      return child.await();
    }
  }

  private static List<String> unfinished(TinyJob job) throws IOException {
    try (Stream<Path> files = Files.walk(job.path("."))) {
      return files.map(Path::toString).filter(name -> name.endsWith(".tmp")).toList();
    }
  }
}
