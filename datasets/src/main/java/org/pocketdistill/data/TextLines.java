package org.pocketdistill.data;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Path;

/**
 * The lines of a UTF-8 file, plain or gzip, one in memory at a time, for rows that are no {@link
 * Example}. Owned by the caller; close it. Not safe for use from several threads.
 */
public final class TextLines implements AutoCloseable {
  private static final int MAX_LINE_BYTES = 64 << 20;

  private final Path file;
  private final LineReader lines;

  private TextLines(Path file) {
    this.file = file;
    this.lines = new LineReader(DataFile.open(file), MAX_LINE_BYTES);
  }

  /**
   * Opens a file.
   *
   * @throws DataException if it is missing or cannot be read
   */
  public static TextLines open(Path file) {
    return new TextLines(file);
  }

  /**
   * Goes to the next line; false at the end of the file.
   *
   * @throws DataException if the file breaks off or cannot be read
   */
  public boolean next() {
    try {
      return lines.next();
    } catch (EOFException e) {
      throw DataFile.truncated(place(), e);
    } catch (IOException e) {
      throw new DataException(place() + ": the file is damaged or cannot be read: " + e, e);
    }
  }

  /**
   * The line's text, without its end.
   *
   * @throws DataException if it is too long or no UTF-8
   */
  public String text() {
    try {
      return lines.text();
    } catch (BadRowException e) {
      throw new DataException(place() + ": " + e.getMessage(), e);
    }
  }

  /** File and number of the line, for messages: {@code rows.jsonl:3}. */
  public String place() {
    return file + ":" + lines.number();
  }

  @Override
  public void close() {
    try {
      lines.close();
    } catch (IOException e) {
      throw DataFile.unreadable(file, e);
    }
  }
}
