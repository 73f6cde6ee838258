package org.pocketdistill.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.pipeline.Checkpoints;
import org.pocketdistill.pipeline.TinyModel;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;

class BenchCommandTest {
  private static final Path MODEL = Checkpoints.folder("llama_gqa");

  private final Console console = new Console();

  @Test
  void measuresBothKindsOfFolders(@TempDir Path folder) throws IOException {
    Path onnx = TinyModel.export(MODEL, folder.resolve("onnx"), OnnxPrecision.INT8);

    for (Path model : new Path[] {MODEL, onnx}) {
      assertThat(
              console.run(
                  "bench",
                  "--model",
                  model,
                  "--prompt-tokens",
                  8,
                  "--new-tokens",
                  4,
                  "--repeat",
                  2))
          .as(console.err())
          .isZero();
      assertThat(console.out().lines().map(line -> line.substring(0, 19).strip()))
          .containsExactly(
              "runtime",
              "parameters",
              "bytes",
              "load (s)",
              "first token (ms)",
              "prefill (tokens/s)",
              "decode (tokens/s)",
              "peak memory (MB)");
      assertThat(console.out())
          .containsPattern("runtime +(DJL .* PyTorch 2|onnxruntime 1)")
          .containsPattern("load \\(s\\) +\\S+\\n")
          .containsPattern("decode \\(tokens/s\\) +\\S+ {2}\\(\\S+ to \\S+\\)\\n");
    }
  }

  @Test
  void refusesWrongOptions() {
    assertRefused("--repeat '0', expected a whole number of at least 1", "--repeat", 0);
    assertRefused("--new-tokens '1', expected a whole number of at least 2", "--new-tokens", 1);
    assertRefused("--prompt-tokens '-3'", "--prompt-tokens", -3);
    assertRefused(
        "60 prompt and 64 new tokens, expected at most 64 together", "--prompt-tokens", 60);
    assertRefused("2147483647 prompt and 64 new tokens", "--prompt-tokens", Integer.MAX_VALUE);
  }

  private void assertRefused(String message, Object option, Object value) {
    assertThat(console.run("bench", "--model", MODEL, option, value)).isEqualTo(Main.WRONG_INPUT);
    assertThat(console.err()).contains("distill bench: ", message, "See distill bench --help");
    assertThat(console.out()).isEmpty();
  }
}
