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

/** A job whose student learns from its own answers. */
class OnPolicyJobTest {
  private static final String STAGE = "04-distill";
  private static final String MODEL = "04-distill/model/model.safetensors";

  @TempDir private Path folder;

  private TinyJob job(String name) throws IOException {
    return TinyJob.in(Files.createDirectories(folder.resolve(name)));
  }

  private static TinyJob run(TinyJob job, String... overrides) {
    List<String> options = new ArrayList<>(List.of("--to", "distill"));
    for (String override : overrides) {
      options.addAll(List.of("--set", override));
    }
    Outcome outcome = job.run(options.toArray(String[]::new));
    assertThat(outcome.code()).as(outcome.err()).isZero();
    return job;
  }

  @Test
  void lambdaZeroIsDistillationOnTheRows() throws IOException {
    TinyJob without = run(job("without"));
    TinyJob zero = run(job("zero"), "distill.on_policy={lambda: 0}");

    assertThat(zero.path(MODEL)).hasSameBinaryContentAs(without.path(MODEL));
    assertThat(zero.stage(STAGE).at("/outputs/on_policy_share").asDouble(-1)).isZero();
  }

  @Test
  void lambdaOneLearns() throws IOException {
    TinyJob own = run(job("own"), "distill.on_policy={lambda: 1, max_new_tokens: 24}");

    List<JsonNode> losses = own.metrics(STAGE, "loss");
    assertThat(mean(losses.subList(losses.size() - 6, losses.size())))
        .isLessThan(0.8 * mean(losses.subList(0, 6)));
    assertThat(losses).allMatch(line -> line.path("ce").asDouble() == 0);
    assertThat(own.stage(STAGE).at("/outputs/on_policy_share").asDouble()).isEqualTo(1);
  }

  private static double mean(List<JsonNode> lines) {
    return lines.stream().mapToDouble(line -> line.path("loss").asDouble()).average().orElseThrow();
  }

  @Test
  void aStoppedRunGoesOnWithTheSameBits() throws IOException {
    String[] overrides = {
      "distill.on_policy={max_new_tokens: 8}",
      "distill.train.max_steps=150",
      "distill.train.save_steps=1"
    };
    TinyJob whole = run(job("whole"), overrides);
    TinyJob stopped = job("stopped");
    stopped.stopAtCheckpoint(STAGE, overrides);
    run(stopped, overrides);

    assertThat(stopped.path(MODEL)).hasSameBinaryContentAs(whole.path(MODEL));
  }
}
