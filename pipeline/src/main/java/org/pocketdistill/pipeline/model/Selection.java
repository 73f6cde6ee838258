package org.pocketdistill.pipeline.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.Map;
import org.pocketdistill.pipeline.torch.Arguments;
import org.pocketdistill.pipeline.torch.Kernels;
import org.pocketdistill.pipeline.torch.Torch;

/** Copies rows and columns of arrays; owns its kernels, close it. */
public final class Selection implements AutoCloseable {
  /** Stands for all rows or columns. */
  public static final int[] ALL = {};

  private final Kernels kernels = Kernels.load("Basics", Map.of());

  /**
   * The rows and columns given, in that order, as a new array.
   *
   * @param array matrix, or vector of which {@code rows} picks elements
   */
  public NDArray of(NDManager owner, NDArray array, int[] rows, int[] columns) {
    try (NDManager scope = owner.newSubManager()) {
      Arguments arguments = Arguments.of(array, index(scope, rows), index(scope, columns));
      return kernels.call(owner, "select", arguments);
    }
  }

  private static NDArray index(NDManager scope, int[] numbers) {
    long[] index = Arrays.stream(numbers).asLongStream().toArray();
    return Torch.copyOf(scope, index, new Shape(index.length));
  }

  @Override
  public void close() {
    kernels.close();
  }
}
