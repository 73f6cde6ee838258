package org.pocketdistill.pipeline.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.stream.Stream;

/** Writes a folder whole or not at all: under a temporary name beside its own, then renamed. */
public final class NewFolder {
  private NewFolder() {}

  /** Fills the folder that it is given; may refuse it by throwing. */
  @FunctionalInterface
  public interface Writer<T> {
    /** Writes into {@code folder}. */
    T write(Path folder) throws IOException;
  }

  /**
   * Has a folder written, and only then gives it its name. An older one there is replaced; it stays
   * if anything fails.
   *
   * @return what the writer gave
   */
  public static <T> T write(Path target, Writer<T> writer) throws IOException {
    Path temporary = target.resolveSibling(target.getFileName() + ".tmp");
    delete(temporary);
    Files.createDirectories(temporary);
    try {
      T result = writer.write(temporary);
      replace(target, temporary);
      return result;
    } finally {
      delete(temporary);
    }
  }

  private static void replace(Path target, Path complete) throws IOException {
    Path old = target.resolveSibling(target.getFileName() + ".old");
    delete(old);
    if (Files.exists(target)) {
      Files.move(target, old, StandardCopyOption.ATOMIC_MOVE);
    }
    Files.move(complete, target, StandardCopyOption.ATOMIC_MOVE);
    delete(old);
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
