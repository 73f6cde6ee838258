package org.pocketdistill.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;

/** Data beside the repository, for the checks of {@code -Pslow}; without them those checks fail. */
public final class Shared {
  private Shared() {}

  /** A file or folder of {@code ../shared}, as seen from the repository's root. */
  public static Path path(String name) {
    Path path = Path.of("..", "..", "shared").resolve(name);
    assertThat(path).as("-Pslow reads the folder 'shared' beside the repository").exists();
    return path;
  }
}
