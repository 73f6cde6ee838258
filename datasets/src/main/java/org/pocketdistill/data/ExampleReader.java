package org.pocketdistill.data;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * The rows of one file in their order, one in memory at a time. Owned by the caller; close it. Not
 * safe for use from several threads.
 *
 * <p>{@link #hasNext} and {@link #next} throw {@link DataException} for a file that breaks off, and
 * for a bad line when the job's {@link BadLines} are used up.
 */
public final class ExampleReader implements Iterator<Example>, AutoCloseable {
  /** Longest line that is read: bounds the memory that a hostile file can ask for. */
  private static final int MAX_LINE_BYTES = 64 << 20;

  private final Path file;
  private final RowParser parser;
  private final BadLines badLines;
  private final RowFilter filter;
  private final LineReader lines;
  private Example upcoming;
  private long rows;
  private long skipped;

  /**
   * Opens the file.
   *
   * @param skipped bad lines that an earlier pass over the file has counted
   */
  ExampleReader(Input input, RowFilter filter, long skipped) {
    this.file = input.file();
    this.parser = input.parser();
    this.badLines = input.badLines();
    this.filter = filter;
    this.lines = new LineReader(DataFile.open(file), MAX_LINE_BYTES);
    this.skipped = skipped;
  }

  @Override
  public boolean hasNext() {
    if (upcoming == null) {
      upcoming = advance();
    }
    return upcoming != null;
  }

  @Override
  public Example next() {
    if (!hasNext()) {
      throw new NoSuchElementException(file + ": no more rows");
    }
    Example example = upcoming;
    upcoming = null;
    rows++;
    return example;
  }

  /** Number of rows that {@link #next} has given. */
  public long rows() {
    return rows;
  }

  /** Number of lines of this file that were skipped as bad. */
  public long skipped() {
    return skipped;
  }

  /** What was read so far and from which file, with its hash: reads the file once more. */
  public DatasetManifest manifest() {
    return DatasetManifest.of(file, rows, skipped);
  }

  @Override
  public void close() {
    try {
      lines.close();
    } catch (IOException e) {
      throw DataFile.unreadable(file, e);
    }
  }

  /** Number of the line, from 1, that the reader has come to. */
  long line() {
    return lines.number();
  }

  private Example advance() {
    try {
      while (lines.next()) {
        Example example = filter.wantsLine(lines.number()) ? parseLine() : null;
        if (example != null && filter.wants(example)) {
          return example;
        }
      }
      return null;
    } catch (EOFException e) {
      throw DataFile.truncated(after(), e);
    } catch (IOException e) {
      throw new DataException(after() + ": the file is damaged or cannot be read: " + e, e);
    }
  }

  private String after() {
    return file + ":" + lines.number();
  }

  /** Null for a blank line and for a bad one that may be skipped. */
  private Example parseLine() {
    try {
      String text = lines.text();
      return text.isBlank() ? null : parser.parse(text, file.getFileName() + ":" + lines.number());
    } catch (BadRowException e) {
      badLines.skip(file, lines.number(), e.getMessage());
      skipped++;
      return null;
    }
  }

  /** A file, how its lines are read, and what happens to those that cannot be. */
  record Input(Path file, RowParser parser, BadLines badLines) {}
}
