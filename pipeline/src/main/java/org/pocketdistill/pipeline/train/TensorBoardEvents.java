package org.pocketdistill.pipeline.train;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * An event file that TensorBoard reads: scalars by tag and step.
 *
 * <p>TFRecord framing (length, masked CRC-32C, bytes, masked CRC-32C) around {@code Event}
 * messages; the few fields in use are written as protobuf by hand, since no maintained library has
 * them.
 */
final class TensorBoardEvents implements AutoCloseable {
  private static final int MASK_DELTA = 0xa282ead8;

  private static final byte[] SESSION_START = {1 << 3, 1};

  private final Path file;
  private final OutputStream out;

  /**
   * A new event file in the folder.
   *
   * @param firstStep from here on, what earlier files of the folder say is void: TensorBoard drops
   *     it when it reads that a session starts at this step
   */
  TensorBoardEvents(Path folder, long firstStep) throws IOException {
    long seconds = System.currentTimeMillis() / 1000;
    file = folder.resolve("events.out.tfevents." + seconds + "." + ProcessHandle.current().pid());
    out = new BufferedOutputStream(Files.newOutputStream(file));
    ByteArrayOutputStream version = event(0);
    bytesField(version, 3, "brain.Event:2".getBytes(UTF_8));
    record(version.toByteArray());
    ByteArrayOutputStream start = event(firstStep);
    bytesField(start, 7, SESSION_START);
    record(start.toByteArray());
  }

  /** Writes the scalars of a step. */
  void scalars(long step, Map<String, Double> values) {
    ByteArrayOutputStream summary = new ByteArrayOutputStream();
    values.forEach(
        (tag, number) -> {
          ByteArrayOutputStream value = new ByteArrayOutputStream();
          bytesField(value, 1, tag.getBytes(UTF_8));
          value.write((2 << 3) | 5);
          value.writeBytes(little(4).putFloat(number.floatValue()).array());
          bytesField(summary, 1, value.toByteArray());
        });
    ByteArrayOutputStream event = event(step);
    bytesField(event, 5, summary.toByteArray());
    try {
      record(event.toByteArray());
      out.flush();
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private static ByteArrayOutputStream event(long step) {
    ByteArrayOutputStream event = new ByteArrayOutputStream();
    event.write((1 << 3) | 1);
    event.writeBytes(little(8).putDouble(System.currentTimeMillis() / 1000.0).array());
    event.write(2 << 3);
    varint(event, step);
    return event;
  }

  private static void bytesField(ByteArrayOutputStream target, int field, byte[] content) {
    target.write((field << 3) | 2);
    varint(target, content.length);
    target.writeBytes(content);
  }

  private static void varint(ByteArrayOutputStream target, long value) {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      target.write((int) ((rest & 0x7F) | 0x80));
      rest >>>= 7;
    }
    target.write((int) rest);
  }

  private void record(byte[] event) throws IOException {
    byte[] length = little(8).putLong(event.length).array();
    out.write(length);
    out.write(little(4).putInt(maskedCrc(length)).array());
    out.write(event);
    out.write(little(4).putInt(maskedCrc(event)).array());
  }

  private static int maskedCrc(byte[] bytes) {
    CRC32C checksum = new CRC32C();
    checksum.update(bytes);
    int crc = (int) checksum.getValue();
    return ((crc >>> 15) | (crc << 17)) + MASK_DELTA;
  }

  private static ByteBuffer little(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public void close() {
    try {
      out.close();
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private UncheckedIOException unwritable(IOException cause) {
    String message = file + " could not be written (" + cause.getMessage() + ")";
    return new UncheckedIOException(new IOException(message, cause));
  }
}
