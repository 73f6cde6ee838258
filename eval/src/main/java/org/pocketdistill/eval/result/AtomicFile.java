package org.pocketdistill.eval.result;

import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** A text file that is there whole or not at all. */
public final class AtomicFile {
  private AtomicFile() {}

  /** Writes text. */
  public interface Content {
    /** Writes all of it. */
    void writeTo(Writer writer) throws IOException;
  }

  /** Writes UTF-8 text under a temporary name in the same folder, then renames it. */
  public static void write(Path file, Content content) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    Files.createDirectories(folder);
    Path temporary = folder.resolve(file.getFileName() + ".tmp");
    try {
      try (Writer writer = Files.newBufferedWriter(temporary)) {
        content.writeTo(writer);
      }
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  /** Writes UTF-8 text under a temporary name in the same folder, then renames it. */
  public static void write(Path file, String text) throws IOException {
    write(file, writer -> writer.write(text));
  }
}
