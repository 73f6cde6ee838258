package org.pocketdistill.pipeline.gguf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.pocketdistill.data.DataException;

/**
 * Writes a GGUF file of version 3: header, metadata, table of tensors, then their blocks, each from
 * an aligned place on. Rows are asked for one after the other and encoded as they come, so that no
 * tensor is ever in memory.
 */
public final class GgufWriter {
  private static final int VERSION = 3;
  private static final int ALIGNMENT = 32;
  private static final int STRIPE_BYTES = 1 << 20;

  private final String source;
  private final GgufKeys keys;
  private final List<NewTensor> tensors = new ArrayList<>();
  private long dataBytes;

  /** Gives the rows of a tensor. */
  @FunctionalInterface
  public interface RowSource {
    /** Fills {@code target} with a row; they are asked for in ascending order. */
    void read(int row, float[] target);
  }

  /** A tensor, its position counted from the start of all data. */
  private record NewTensor(GgufTensor tensor, RowSource rows) {}

  /**
   * A file to be written.
   *
   * @param source the model that it is made from, as named in messages
   * @param keys its metadata
   */
  public GgufWriter(String source, GgufKeys keys) {
    this.source = source;
    this.keys = keys.uint32("general.alignment", ALIGNMENT);
  }

  /**
   * Adds a tensor.
   *
   * @param shape lengths of the dimensions, outermost first
   * @throws DataException if its rows are no whole number of blocks
   */
  public GgufWriter add(String name, TensorType type, List<Long> shape, RowSource rows) {
    GgufTensor tensor = new GgufTensor(name, type, shape, dataBytes);
    if (tensor.columns() % type.blockSize() != 0) {
      throw new DataException(
          "%s: tensor '%s': rows of %d elements, expected a multiple of %d for %s; write it as f16"
              .formatted(source, name, tensor.columns(), type.blockSize(), type));
    }
    tensors.add(new NewTensor(tensor, rows));
    dataBytes = aligned(tensor.end());
    return this;
  }

  /**
   * Writes the file.
   *
   * @throws DataException if an element is no number, or one too large for its type
   * @throws IOException if it cannot be written; what is there by then is not to be used
   */
  public void write(Path file) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      writeFully(channel, header());
      for (NewTensor each : tensors) {
        writeRows(channel, each);
      }
      channel.force(true);
    }
  }

  private ByteBuffer header() {
    byte[] metadata = keys.bytes();
    int size = 4 + 4 + 8 + 8 + metadata.length;
    for (NewTensor each : tensors) {
      size += tableBytes(each.tensor());
    }
    ByteBuffer header = ByteBuffer.allocate((int) aligned(size)).order(ByteOrder.LITTLE_ENDIAN);
    header.put("GGUF".getBytes(StandardCharsets.US_ASCII)).putInt(VERSION);
    header.putLong(tensors.size()).putLong(keys.count()).put(metadata);
    for (NewTensor each : tensors) {
      putEntry(header, each.tensor());
    }
    return header.rewind();
  }

  private static int tableBytes(GgufTensor tensor) {
    return 8 + tensor.name().length() + 4 + 8 * tensor.shape().size() + 4 + 8;
  }

  private static void putEntry(ByteBuffer header, GgufTensor tensor) {
    byte[] name = tensor.name().getBytes(StandardCharsets.US_ASCII);
    header.putLong(name.length).put(name).putInt(tensor.shape().size());
    for (int i = tensor.shape().size() - 1; i >= 0; i--) {
      header.putLong(tensor.shape().get(i));
    }
    header.putInt(tensor.type().code()).putLong(tensor.position());
  }

  private void writeRows(FileChannel channel, NewTensor each) throws IOException {
    GgufTensor tensor = each.tensor();
    BlockEncoder encoder = BlockEncoder.of(tensor.type());
    float[] row = new float[Math.toIntExact(tensor.columns())];
    byte[] encoded = new byte[Math.toIntExact(tensor.rowBytes())];
    ByteBuffer stripe = ByteBuffer.allocate(Math.max(STRIPE_BYTES, encoded.length));
    for (int i = 0; i < tensor.rows(); i++) {
      each.rows().read(i, row);
      requireNumbers(tensor, i, row);
      encoder.encode(row, row.length / tensor.type().blockSize(), encoded);
      if (stripe.remaining() < encoded.length) {
        writeFully(channel, stripe.flip());
        stripe.clear();
      }
      stripe.put(encoded);
    }
    writeFully(channel, stripe.flip());
    long end = tensor.position() + tensor.byteSize();
    writeFully(channel, ByteBuffer.allocate((int) (aligned(end) - end)));
  }

  private void requireNumbers(GgufTensor tensor, int row, float[] values) {
    float largest = BlockEncoder.largest(tensor.type());
    for (int column = 0; column < values.length; column++) {
      if (!(Math.abs(values[column]) <= largest)) {
        boolean finite = Float.isFinite(values[column]);
        throw new DataException(
            "%s: tensor '%s', row %d, column %d: %s, expected %s"
                .formatted(
                    source,
                    tensor.name(),
                    row,
                    column,
                    values[column],
                    finite
                        ? "at most %.0f, the largest that %s holds; write it as q8_0"
                            .formatted(largest, tensor.type())
                        : "a number"));
      }
    }
  }

  private static void writeFully(FileChannel channel, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  private static long aligned(long position) {
    return (position + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }
}
