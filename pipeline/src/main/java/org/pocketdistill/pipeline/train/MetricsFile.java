package org.pocketdistill.pipeline.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code metrics.jsonl}: one JSON object a line, each with its {@code step}. */
public final class MetricsFile implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private final List<String> kept = new ArrayList<>();
  private final Writer writer;

  /**
   * Opens the file for appending, after dropping lines of steps that a resumed run does again.
   *
   * @param keepUpTo last step whose lines stay; 0 starts anew
   */
  public MetricsFile(Path file, long keepUpTo) throws IOException {
    this.file = file;
    if (keepUpTo > 0 && Files.exists(file)) {
      for (String line : Files.readAllLines(file)) {
        if (isUpTo(line, keepUpTo)) {
          kept.add(line);
        }
      }
    }
    Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
    Files.write(temporary, kept);
    Files.move(
        temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    writer = Files.newBufferedWriter(file, StandardOpenOption.APPEND);
  }

  private static boolean isUpTo(String line, long step) {
    try {
      JsonNode node = JSON.readTree(line);
      return node.path("step").isNumber() && node.path("step").longValue() <= step;
    } catch (IOException e) {
      // The last line of a killed run may be cut off; it is written again.
      return false;
    }
  }

  /** The last value of a key in the lines that stayed; NaN if there is none. */
  double lastKept(String key) throws IOException {
    for (int i = kept.size() - 1; i >= 0; i--) {
      JsonNode value = JSON.readTree(kept.get(i)).path(key);
      if (value.isNumber()) {
        return value.doubleValue();
      }
    }
    return Double.NaN;
  }

  /** Appends a line and flushes it. */
  public void write(Map<String, Object> values) {
    try {
      writer.write(JSON.writeValueAsString(values));
      writer.write('\n');
      writer.flush();
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  @Override
  public void close() {
    try {
      writer.close();
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private UncheckedIOException unwritable(IOException cause) {
    String message = file + " could not be written (" + cause.getMessage() + ")";
    return new UncheckedIOException(new IOException(message, cause));
  }
}
