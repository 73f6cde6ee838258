package org.pocketdistill.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.pipeline.cli.TinyJob.Outcome;
import org.pocketdistill.pipeline.safetensors.SafetensorsFile;

/** A loss that is no number stops the job, and ruined weights replace no good ones. */
class DivergedTrainingTest {
  @TempDir private Path folder;

  /** The first step of a warm-up has rate 0; the second ruins the weights. */
  private static String[] options(int steps) {
    return new String[] {
      "--to", "teacher",
      "--set", "teacher.train.learning_rate=1e30",
      "--set", "teacher.train.warmup_steps=2",
      "--set", "teacher.train.save_steps=1",
      "--set", "teacher.train.max_steps=" + steps
    };
  }

  @Test
  void namesTheStepAndKeepsTheLastGoodCheckpoint() throws IOException {
    TinyJob job = TinyJob.in(folder);

    Outcome outcome = job.run(options(5));

    assertThat(outcome.code()).as(outcome.err()).isEqualTo(Main.WRONG_INPUT);
    assertThat(outcome.err().lines())
        .singleElement()
        .asString()
        .startsWith("teacher: step 3 of 5: loss ")
        .endsWith(
            ", gradient norm NaN, expected finite numbers; the checkpoint of step 1 in "
                + job.path("02-teacher")
                + " is kept. Lower learning_rate (now 1.0E30), lower max_grad_norm (now 1.0), or"
                + " look for broken rows");
    assertThat(job.checkpoints("02-teacher")).containsExactly("checkpoint-1");
    assertFinite(job.path("02-teacher/checkpoint-1/state.safetensors"));

    assertThat(job.run(options(5)).err())
        .as("goes on from the good checkpoint, to the same end")
        .isEqualTo(outcome.err());
  }

  private static void assertFinite(Path checkpoint) throws IOException {
    SafetensorsFile file = SafetensorsFile.open(checkpoint);
    assertThat(file.names()).isNotEmpty();
    for (String name : file.names()) {
      for (float value : file.floats(name)) {
        assertThat(value).as(name).isFinite();
      }
    }
  }

  @Test
  void saysHowToClipWhereNothingIsClipped() throws IOException {
    String[] unclipped =
        Stream.concat(
                Arrays.stream(options(5)), Stream.of("--set", "teacher.train.max_grad_norm=0"))
            .toArray(String[]::new);

    Outcome outcome = TinyJob.in(folder).run(unclipped);

    assertThat(outcome.code()).isEqualTo(Main.WRONG_INPUT);
    assertThat(outcome.err()).contains("clip gradients with max_grad_norm (now 0: off)");
  }

  @Test
  void savesNoModelThatTheLastStepRuined() throws IOException {
    TinyJob job = TinyJob.in(folder);

    Outcome outcome = job.run(options(2));

    assertThat(outcome.code()).as(outcome.err()).isEqualTo(Main.WRONG_INPUT);
    assertThat(outcome.err())
        .startsWith("teacher: step 2 of 2: after it dev loss ")
        .contains("weight norm Infinity");
    assertThat(job.checkpoints("02-teacher")).containsExactly("checkpoint-1");
    assertThat(job.path("02-teacher/model")).doesNotExist();
  }
}
