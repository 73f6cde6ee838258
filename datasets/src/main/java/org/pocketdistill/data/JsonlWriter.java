package org.pocketdistill.data;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.zip.GZIPOutputStream;

/**
 * Writes a prepared set that {@link JsonlSource#prepared} reads back as it was: the {@code
 * messages} shape, {@code text} or {@code multiple_choice}, with {@code id} and {@code group}; gzip
 * if the name ends in {@code .gz}. Owned by the caller; close it. Not safe for use from several
 * threads.
 *
 * <p>The file appears under its name only with {@link #commit}; closed without it, nothing is left.
 */
public final class JsonlWriter implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private final Path temporary;
  private final OutputStream out;
  private long rows;
  private boolean committed;

  /**
   * Begins the file under a temporary name in the same folder, which must exist.
   *
   * @throws DataException if it cannot be written
   */
  public JsonlWriter(Path file) {
    this.file = file;
    this.temporary = file.resolveSibling("." + file.getFileName() + ".tmp");
    try {
      OutputStream raw = new BufferedOutputStream(Files.newOutputStream(temporary), 1 << 16);
      this.out = file.toString().endsWith(".gz") ? new GZIPOutputStream(raw, 1 << 16) : raw;
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  /** Adds a row. */
  public void write(Example row) {
    ObjectNode json = JSON.createObjectNode().put("id", row.id());
    row.choice().ifPresentOrElse(choice -> put(json, choice), () -> putSaid(json, row));
    if (!row.tools().isEmpty()) {
      json.putArray(ToolList.FIELD).addAll(row.tools());
    }
    if (!row.group().isEmpty()) {
      json.put("group", row.group());
    }
    try {
      out.write(JSON.writeValueAsBytes(json));
      out.write('\n');
      rows++;
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private static void put(ObjectNode json, MultipleChoice choice) {
    if (!choice.context().isEmpty()) {
      json.put("context", choice.context());
    }
    ArrayNode choices = json.put("question", choice.question()).putArray("choices");
    choice.choices().forEach(choices::add);
    json.put("answer", choice.answer());
  }

  private static void putSaid(ObjectNode json, Example row) {
    if (row.messages().isEmpty()) {
      json.put("text", row.text());
      return;
    }
    ArrayNode messages = json.putArray("messages");
    for (Message message : row.messages()) {
      ObjectNode turn = messages.addObject().put("role", message.role().key());
      turn.put("content", message.content());
      if (!message.reasoning().isEmpty()) {
        turn.put("reasoning_content", message.reasoning());
      }
    }
  }

  /** Ends the file and gives it its name; call once, after the last row. */
  public DatasetManifest commit() {
    try {
      out.close();
      try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
      committed = true;
    } catch (IOException e) {
      throw unwritable(e);
    }
    return DatasetManifest.of(file, rows, 0);
  }

  @Override
  public void close() {
    if (committed) {
      return;
    }
    try {
      out.close();
    } catch (IOException e) {
      throw unwritable(e);
    } finally {
      discard();
    }
  }

  private void discard() {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private DataException unwritable(IOException cause) {
    return new DataException(file + ": cannot be written: " + cause, cause);
  }
}
