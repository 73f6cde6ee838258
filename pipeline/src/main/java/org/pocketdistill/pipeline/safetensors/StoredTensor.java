package org.pocketdistill.pipeline.safetensors;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import org.pocketdistill.data.DataException;

/**
 * A tensor in an open file.
 *
 * @param position of its first byte
 */
record StoredTensor(Path file, TensorInfo info, FileChannel channel, long position) {
  private static final int DOUBLES_AT_ONCE = 4096;

  /** All bytes, mapped into memory, little-endian. */
  ByteBuffer map() {
    if (info.byteSize() > Integer.MAX_VALUE) {
      throw new DataException(
          "%s: tensor '%s': %d bytes, expected at most 2 GiB to be mapped at once"
              .formatted(file, info.name(), info.byteSize()));
    }
    try {
      return channel
          .map(MapMode.READ_ONLY, position, info.byteSize())
          .order(ByteOrder.LITTLE_ENDIAN);
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  /**
   * Fills the whole of {@code target} with elements of a floating-point tensor, as floats.
   *
   * @param first index of the first element
   */
  void floats(long first, ByteBuffer target) {
    int count = target.capacity() / Float.BYTES;
    if (first < 0 || first > info.elements() - count) {
      throw new IndexOutOfBoundsException(
          "%d elements from %d on, of %d".formatted(count, first, info.elements()));
    }
    if (info.dtype() == Dtype.F64) {
      doubles(first, target);
      return;
    }
    // The narrow elements go to the end of the target and are widened towards its start.
    int bytes = count * info.dtype().bytes();
    ByteBuffer narrow =
        target.slice(target.capacity() - bytes, bytes).order(ByteOrder.LITTLE_ENDIAN);
    read(first, narrow);
    if (info.dtype() != Dtype.F32) {
      FloatCodec.widen(info.dtype(), narrow, target);
    }
  }

  private void doubles(long first, ByteBuffer target) {
    int count = target.capacity() / Float.BYTES;
    ByteBuffer wide =
        ByteBuffer.allocate(DOUBLES_AT_ONCE * Double.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int from = 0; from < count; from += DOUBLES_AT_ONCE) {
      int some = Math.min(DOUBLES_AT_ONCE, count - from);
      read(first + from, wide.clear().limit(some * Double.BYTES));
      for (int i = 0; i < some; i++) {
        target.putFloat((from + i) * Float.BYTES, (float) wide.getDouble(i * Double.BYTES));
      }
    }
  }

  private void read(long first, ByteBuffer target) {
    long start = position + first * info.dtype().bytes();
    try {
      while (target.hasRemaining()) {
        if (channel.read(target, start + target.position()) < 0) {
          throw new DataException(
              "%s: tensor '%s': the file ends before it; it was cut off since it was opened"
                  .formatted(file, info.name()));
        }
      }
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  private UncheckedIOException unreadable(IOException cause) {
    return new UncheckedIOException(
        "%s: tensor '%s' cannot be read: %s".formatted(file, info.name(), cause.getMessage()),
        cause);
  }
}
