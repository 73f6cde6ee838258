package org.pocketdistill.pipeline.cache;

import java.nio.file.Path;

/** A chunk that is not what was written. */
final class DamagedChunkException extends Exception {
  private static final long serialVersionUID = 1L;

  DamagedChunkException(Path file, String found) {
    super(file + ": " + found);
  }
}
