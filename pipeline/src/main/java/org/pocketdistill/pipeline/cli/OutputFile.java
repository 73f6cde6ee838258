package org.pocketdistill.pipeline.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.pocketdistill.data.DataException;
import org.pocketdistill.eval.result.AtomicFile;

/** Where a command puts its results: checked before the work, and complete or absent after it. */
final class OutputFile {
  private OutputFile() {}

  /**
   * Writes a text file.
   *
   * @throws DataException if it cannot be written
   */
  static void write(Path file, AtomicFile.Content content) {
    // Renaming replaces what is there, and a device or a folder must stay.
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new DataException(file + ": is no plain file, expected the name of one to write");
    }
    try {
      AtomicFile.write(file, content);
    } catch (IOException e) {
      throw unwritable(file, e);
    }
  }

  /** Makes a folder to write into, if it is missing. */
  static void makeFolder(Path folder) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw unwritable(folder, e);
    }
  }

  private static DataException unwritable(Path path, IOException cause) {
    return new DataException(path + ": cannot be written: " + cause, cause);
  }
}
