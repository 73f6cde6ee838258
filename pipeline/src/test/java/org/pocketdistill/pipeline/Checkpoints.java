package org.pocketdistill.pipeline;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/** The tiny checkpoints among the test resources; see their PROVENANCE.md. */
public final class Checkpoints {
  private Checkpoints() {}

  /** Names of the folders. */
  public static List<String> names() {
    return List.of(
        "llama_gqa",
        "llama3_rope",
        "llama_tied_mha",
        "qwen2",
        "qwen2_sharded",
        "qwen3",
        "mistral",
        "llama_bf16",
        "llama_linear_rope",
        "qwen2_yarn");
  }

  /** A folder with config.json, weights and golden.safetensors. */
  public static Path folder(String name) {
    try {
      return Path.of(
          Objects.requireNonNull(Checkpoints.class.getResource("/checkpoints/" + name)).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
