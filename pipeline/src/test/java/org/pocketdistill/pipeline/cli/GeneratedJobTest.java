package org.pocketdistill.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.pipeline.cli.TinyJob.Outcome;

/** A job whose student learns the teacher's own answers. */
class GeneratedJobTest {
  private static final String STAGE = "04-distill";

  @TempDir private Path folder;

  private static final String[] OVERRIDES = {
    "teacher.train.max_steps=4",
    "distill.control=true",
    "distill.train.max_steps=200",
    "distill.train.save_steps=1",
    "data.max_seq_len=320",
    "distill.generated={temperature: 8, max_new_tokens: 100, batch_size: 4}"
  };

  private static Outcome run(TinyJob job, String to) {
    List<String> options = new ArrayList<>(List.of("--to", to));
    for (String override : OVERRIDES) {
      options.addAll(List.of("--set", override));
    }
    return job.run(options.toArray(String[]::new));
  }

  @Test
  void trainsOnThemAndEndsWithTheSameBitsWhenStopped() throws IOException {
    TinyJob whole = TinyJob.in(Files.createDirectories(folder.resolve("whole")));
    Outcome uninterrupted = run(whole, "control");
    assertThat(uninterrupted.code()).as(uninterrupted.err()).isZero();
    TinyJob stopped = TinyJob.in(Files.createDirectories(folder.resolve("stopped")));
    stopped.stopAtCheckpoint(STAGE, OVERRIDES);

    Outcome resumed = run(stopped, "distill");

    assertThat(resumed.code()).as(resumed.err()).isZero();
    assertThat(stopped.path(STAGE).resolve("model/model.safetensors"))
        .hasSameBinaryContentAs(whole.path(STAGE).resolve("model/model.safetensors"));
    JsonNode counts = whole.stage(STAGE).at("/outputs/generated");
    assertThat(counts.path("kept").asInt()).isPositive();
    assertThat(Files.readAllLines(whole.path(STAGE).resolve("generated.jsonl")))
        .hasSize(counts.path("kept").asInt());
    assertThat(whole.path("05-control").resolve("generated.jsonl")).doesNotExist();
    assertThat(whole.stage("05-control").at("/outputs/generated").isMissingNode()).isTrue();
  }
}
