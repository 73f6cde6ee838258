package org.pocketdistill.data;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.apache.commons.text.similarity.LevenshteinDistance;

/** Opens a file of rows, compressed or not, and explains why it cannot. */
final class DataFile {
  private DataFile() {}

  /**
   * The file's bytes, decompressed if they are gzip, whatever the name says.
   *
   * @throws DataException if there is no such file, it cannot be read or only its name is gzip
   */
  static InputStream open(Path file) {
    checkPresent(file);
    try {
      InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
      try {
        return decompressed(in, file);
      } catch (IOException | RuntimeException e) {
        in.close();
        throw e;
      }
    } catch (EOFException e) {
      throw truncated(file.toString(), e);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  static DataException truncated(String place, EOFException cause) {
    return new DataException(
        place + ": the compressed data end too early; the file is truncated", cause);
  }

  static DataException unreadable(Path file, IOException cause) {
    return new DataException(file + ": cannot be read: " + cause, cause);
  }

  private static InputStream decompressed(InputStream in, Path file) throws IOException {
    in.mark(2);
    byte[] magic = in.readNBytes(2);
    in.reset();
    if (magic.length == 2
        && GzipCompressorInputStream.matches(new byte[] {magic[0], magic[1]}, 2)) {
      return new GzipCompressorInputStream(in, true);
    }
    if (file.toString().endsWith(".gz")) {
      throw new DataException(
          file + ": named .gz but not compressed with gzip (bytes 1f 8b expected at its start)");
    }
    return in;
  }

  private static void checkPresent(Path file) {
    if (Files.isDirectory(file)) {
      throw new DataException(file + ": is a folder; expected a .jsonl or .jsonl.gz file");
    }
    if (Files.exists(file)) {
      return;
    }
    Path folder = file.toAbsolutePath().normalize().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new DataException(file + ": no such file; there is no folder " + folder + " either");
    }
    String hint =
        nearest(folder, file.getFileName().toString())
            .map(name -> "; the nearest name in " + folder + " is '" + name + "'")
            .orElse("; the folder " + folder + " holds no files");
    throw new DataException(file + ": no such file" + hint);
  }

  private static Optional<String> nearest(Path folder, String name) {
    LevenshteinDistance distance = LevenshteinDistance.getDefaultInstance();
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .filter(Files::isRegularFile)
          .map(entry -> entry.getFileName().toString())
          .min(
              Comparator.comparingInt((String other) -> distance.apply(name, other))
                  .thenComparing(Comparator.naturalOrder()));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
