package org.pocketdistill.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.pipeline.cli.TinyJob.Child;
import org.pocketdistill.pipeline.cli.TinyJob.Outcome;

/** One process at a time works in the folder of a run. */
class TwoRunsAtOnceTest {
  @TempDir private Path folder;

  @Test
  void theSecondIsRefusedUntilTheFirstIsGone() throws Exception {
    TinyJob job = TinyJob.in(folder);
    try (Child first = job.start("--set", "teacher.train.max_steps=1000000")) {
      assertThat(first.awaitCheckpoint("02-teacher")).isTrue();
      String config = Files.readString(job.path("config.yaml"));

      Outcome second = job.run("--to", "data");

      assertThat(second.code()).isEqualTo(Main.WRONG_INPUT);
      assertThat(second.err().lines())
          .containsExactly(
              job.path("")
                  + ": another process (pid "
                  + first.pid()
                  + ") is working on this run; wait for it or stop it, or give this run another"
                  + " name");
      assertThat(job.path("config.yaml")).hasContent(config);
      first.kill();
    }
    assertThat(job.run("--to", "data").code()).as("a killed process holds no lock").isZero();
  }

  @Test
  void aFileInPlaceOfTheFolderIsRefused() throws IOException {
    TinyJob job = TinyJob.in(folder);
    Files.writeString(job.path(""), "a file");

    Outcome outcome = job.run();

    assertThat(outcome.code()).isEqualTo(Main.WRONG_INPUT);
    assertThat(outcome.err().lines())
        .singleElement()
        .asString()
        .contains("cannot be made the folder of a run", "give another output_dir");
  }
}
