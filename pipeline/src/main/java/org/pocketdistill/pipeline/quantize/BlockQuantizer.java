package org.pocketdistill.pipeline.quantize;

import java.io.IOException;

/** Rounds a matrix to few bits in blocks along its rows. */
public interface BlockQuantizer {
  /** Of the codes. */
  BlockFormat format();

  /**
   * Rounds a matrix; its codes go out row by row, {@code blocks · blockBytes} bytes each.
   *
   * @throws org.pocketdistill.data.DataException naming the tensor if a weight is not finite
   */
  BlockScales quantize(RowMatrix matrix, CodeSink codes) throws IOException;

  /** Takes the packed codes of a row; the array is used again. */
  @FunctionalInterface
  interface CodeSink {
    void write(byte[] row) throws IOException;
  }
}
