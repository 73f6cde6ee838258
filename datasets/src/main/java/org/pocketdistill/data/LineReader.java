package org.pocketdistill.data;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Lines of UTF-8 text, one at a time, each checked on its own so that a bad one can be skipped.
 * Owned by the caller; close it.
 *
 * <p>{@link java.io.BufferedReader} puts no bound on a line and replaces or buries what is not
 * UTF-8.
 */
final class LineReader implements Closeable {
  private static final int BUFFER_BYTES = 1 << 16;
  private static final char BYTE_ORDER_MARK = '\uFEFF';

  private final InputStream in;
  private final int maxLineBytes;
  private final CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int position;
  private int end;
  private byte[] line = new byte[1024];
  private int length;
  private boolean tooLong;
  private long number;

  LineReader(InputStream in, int maxLineBytes) {
    this.in = in;
    this.maxLineBytes = maxLineBytes;
  }

  /** Goes to the next line; false at the end of the file. */
  boolean next() throws IOException {
    length = 0;
    tooLong = false;
    boolean any = false;
    while (position < end || fill()) {
      if (!any) {
        any = true;
        number++;
      }
      int stop = position;
      while (stop < end && buffer[stop] != '\n') {
        stop++;
      }
      append(stop);
      boolean complete = stop < end;
      position = complete ? stop + 1 : stop;
      if (complete) {
        return true;
      }
    }
    return any;
  }

  /** Number of the line, from 1; while {@link #next} fails, of the last line begun. */
  long number() {
    return number;
  }

  /** The line's text, without its end. */
  String text() throws BadRowException {
    if (tooLong) {
      throw new BadRowException("the line is longer than " + maxLineBytes + " bytes");
    }
    ByteBuffer bytes = ByteBuffer.wrap(line, 0, length);
    try {
      String text = decoder.decode(bytes).toString();
      boolean marked = number == 1 && !text.isEmpty() && text.charAt(0) == BYTE_ORDER_MARK;
      return marked ? text.substring(1) : text;
    } catch (CharacterCodingException e) {
      throw new BadRowException(
          String.format(
              "invalid UTF-8 at byte %d of the line (0x%02x); expected UTF-8 text",
              bytes.position() + 1, line[bytes.position()]));
    }
  }

  @Override
  public void close() throws IOException {
    in.close();
  }

  private boolean fill() throws IOException {
    position = 0;
    end = Math.max(0, in.read(buffer, 0, buffer.length));
    return end > 0;
  }

  private void append(int stop) {
    int count = stop - position;
    if (tooLong || length + count > maxLineBytes) {
      tooLong = true;
      return;
    }
    if (length + count > line.length) {
      line = Arrays.copyOf(line, Math.min(maxLineBytes, Math.max(length + count, 2 * line.length)));
    }
    System.arraycopy(buffer, position, line, length, count);
    length += count;
  }
}
