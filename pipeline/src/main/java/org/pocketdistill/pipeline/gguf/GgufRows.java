package org.pocketdistill.pipeline.gguf;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import org.pocketdistill.data.DataException;

/**
 * Rows of one tensor as floats, read in stretches of neighbouring rows. Not safe for use from
 * several threads: each takes a copy.
 */
public final class GgufRows {
  static final int LONGEST_ROW = 1 << 28;

  /** Enough to make a read worth its call; a head of reordered rows fits in. */
  private static final int STRETCH_BYTES = 1 << 16;

  private final Path file;
  private final GgufTensor tensor;
  private final FileChannel channel;
  private final BlockDecoder decoder;
  private final byte[] row;
  private final byte[] stretch;
  private int firstRow = -1;

  GgufRows(Path file, GgufTensor tensor, FileChannel channel) {
    this.file = file;
    this.tensor = tensor;
    this.channel = channel;
    this.decoder = BlockDecoder.of(tensor.type());
    this.row = new byte[(int) tensor.rowBytes()];
    long rows = Math.min(tensor.rows(), Math.max(1, STRETCH_BYTES / row.length));
    this.stretch = new byte[(int) rows * row.length];
  }

  /** The same rows for another thread. */
  public GgufRows copy() {
    return new GgufRows(file, tensor, channel);
  }

  /** Type, shape and place. */
  public GgufTensor tensor() {
    return tensor;
  }

  /**
   * Decodes a row.
   *
   * @param target at least as long as the row
   * @throws DataException if the file was cut off since it was opened
   */
  public void read(int index, float[] target) {
    int rowsAtOnce = stretch.length / row.length;
    int first = index - index % rowsAtOnce;
    if (first != firstRow) {
      load(first, (int) Math.min(rowsAtOnce, tensor.rows() - first));
    }
    System.arraycopy(stretch, (index - first) * row.length, row, 0, row.length);
    decoder.decode(row, (int) (tensor.columns() / tensor.type().blockSize()), target);
  }

  private void load(int first, int count) {
    firstRow = -1;
    ByteBuffer bytes = ByteBuffer.wrap(stretch, 0, count * row.length);
    long start = tensor.position() + (long) first * row.length;
    try {
      while (bytes.hasRemaining()) {
        if (channel.read(bytes, start + bytes.position()) < 0) {
          throw new DataException(
              "%s: tensor '%s': the file ends before it; was it changed while it was read?"
                  .formatted(file, tensor.name()));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": tensor '" + tensor.name() + "' cannot be read", e);
    }
    firstRow = first;
  }
}
