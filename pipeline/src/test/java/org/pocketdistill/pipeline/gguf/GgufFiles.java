package org.pocketdistill.pipeline.gguf;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/** The GGUF files among the test resources; see their PROVENANCE.md. */
public final class GgufFiles {
  /** Types of the files of one tiny model, and KMIX of another. */
  public static final List<String> MODELS =
      List.of("F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "KMIX");

  private GgufFiles() {}

  /** A file of the resources. */
  public static Path path(String name) {
    try {
      return Path.of(Objects.requireNonNull(GgufFiles.class.getResource("/gguf/" + name)).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The model whose matrices are of a type. */
  public static Path model(String type) {
    return path("model-" + type + ".gguf");
  }
}
