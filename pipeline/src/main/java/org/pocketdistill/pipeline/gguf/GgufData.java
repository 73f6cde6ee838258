package org.pocketdistill.pipeline.gguf;

import java.io.IOException;
import java.nio.channels.FileChannel;
import org.pocketdistill.data.DataException;

/**
 * The open file from which tensors are read; close it. Safe for use from several threads.
 *
 * <p>Rows are read and not mapped: every page of a mapping that was touched counts as memory of the
 * process, beside the floats that were made of it.
 */
public final class GgufData implements AutoCloseable {
  private final GgufFile file;
  private final FileChannel channel;

  GgufData(GgufFile file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /**
   * Rows of a tensor.
   *
   * @throws DataException if there is no such tensor, or one with rows too many or too long
   */
  public GgufRows rows(String name) {
    GgufTensor tensor = file.tensor(name);
    if (tensor.rows() > Integer.MAX_VALUE || tensor.rowBytes() > GgufRows.LONGEST_ROW) {
      throw new DataException(
          "%s: tensor '%s': %d rows of %d bytes, expected at most %d of %d"
              .formatted(
                  file.path(),
                  name,
                  tensor.rows(),
                  tensor.rowBytes(),
                  Integer.MAX_VALUE,
                  GgufRows.LONGEST_ROW));
    }
    return new GgufRows(file.path(), tensor, channel);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
