package org.pocketdistill.pipeline.gguf;

import java.util.List;

/**
 * What is known of a tensor without its elements.
 *
 * @param shape lengths of the dimensions, outermost first, the reverse of the file; one to four
 * @param position of its first byte in the file
 */
public record GgufTensor(String name, TensorType type, List<Long> shape, long position) {
  public GgufTensor {
    shape = List.copyOf(shape);
  }

  /** Length of a row: the innermost dimension. */
  public long columns() {
    return shape.get(shape.size() - 1);
  }

  /**
   * Number of rows.
   *
   * @throws ArithmeticException if it does not fit a long
   */
  public long rows() {
    long rows = 1;
    for (long length : shape.subList(0, shape.size() - 1)) {
      rows = Math.multiplyExact(rows, length);
    }
    return rows;
  }

  /** Bytes of a row. */
  long rowBytes() {
    return Math.multiplyExact(columns() / type.blockSize(), (long) type.blockBytes());
  }

  /**
   * Bytes of all rows.
   *
   * @throws ArithmeticException if they do not fit a long
   */
  public long byteSize() {
    return Math.multiplyExact(rows(), rowBytes());
  }

  long end() {
    return position + byteSize();
  }
}
