package org.pocketdistill.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.pipeline.cli.TinyJob.Outcome;

/** A job that ships its adapters as files. */
class AdapterFilesJobTest {
  @TempDir private Path folder;

  @Test
  void shipsAndMeasuresEachAdapterOnEachGraph() throws IOException {
    TinyJob job = TinyJob.in(folder);

    Outcome outcome =
        job.run(
            "--set",
            "export={adapter_files: true, precisions: [int8], plain: [fp32], context_length: 192,"
                + " check_prompts: 2}");

    assertThat(outcome.code()).as(outcome.err()).isZero();
    for (String key : List.of("int8", "plain-fp32")) {
      Path file = job.path("07-export/" + key + "/adapters/phone.onnx_adapter");
      JsonNode recorded = job.stage("07-export").at("/outputs/" + key + "-phone");
      assertThat(recorded.path("file").textValue()).isEqualTo(key + "/adapters/phone.onnx_adapter");
      assertThat(recorded.path("bytes").longValue()).isEqualTo(file.toFile().length());
      assertThat(job.path("08-evaluate/onnx-" + key + "-phone")).isDirectory();
      Console console = new Console();
      assertThat(console.run("chat", "--model", file, "--prompt", "wake", "--max-new-tokens", 2))
          .as(console.err())
          .isZero();
      assertThat(console.run("verify", file.getParent().getParent())).isZero();
    }
    assertThat(job.stage("07-export").at("/outputs/plain-fp32-phone/max_abs_diff").doubleValue())
        .as("of the student that has the adapter merged")
        .isLessThan(1e-3);
  }
}
