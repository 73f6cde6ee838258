package org.pocketdistill.pipeline.safetensors;

import java.util.Arrays;
import java.util.List;

/**
 * What is known of a tensor without its elements.
 *
 * @param shape lengths of the dimensions, outermost first; empty for a scalar
 */
public record TensorInfo(String name, Dtype dtype, List<Long> shape) {
  public TensorInfo {
    shape = List.copyOf(shape);
  }

  /** A tensor of the given shape. */
  public static TensorInfo of(String name, Dtype dtype, long... shape) {
    return new TensorInfo(name, dtype, Arrays.stream(shape).boxed().toList());
  }

  /**
   * Number of elements.
   *
   * @throws ArithmeticException if it does not fit a long
   */
  public long elements() {
    long product = 1;
    for (long length : shape) {
      product = Math.multiplyExact(product, length);
    }
    return product;
  }

  /**
   * Size of the elements in bytes.
   *
   * @throws ArithmeticException if it does not fit a long
   */
  public long byteSize() {
    return Math.multiplyExact(elements(), (long) dtype.bytes());
  }
}
