package org.pocketdistill.pipeline.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;

/**
 * Fills native fp32 arrays of any size from files, through one small block of memory outside the
 * heap. Not safe for use from several threads; close it.
 */
public final class ArrayFiller implements AutoCloseable {
  /** Most elements that are asked for at once. */
  public static final int BLOCK_FLOATS = 1 << 21;

  private final Kernels kernels = Kernels.load("Basics", Map.of());
  private final ByteBuffer block = ByteBuffer.allocateDirect(BLOCK_FLOATS * Float.BYTES);

  /** A new array, owned by the manager. */
  public NDArray create(NDManager owner, Shape shape, Source source) {
    NDArray array = owner.create(shape, DataType.FLOAT32);
    fill(array, source);
    return array;
  }

  /** Replaces all elements of an fp32 array in place. */
  public void fill(NDArray array, Source source) {
    Shape shape = array.getShape();
    long row = Math.max(1, shape.dimension() == 0 ? 1 : shape.get(shape.dimension() - 1));
    long step = row > BLOCK_FLOATS ? BLOCK_FLOATS : BLOCK_FLOATS - BLOCK_FLOATS % row;
    long size = array.size();
    for (long first = 0; first < size; first += step) {
      int count = (int) Math.min(step, size - first);
      source.read(first, block.slice(0, count * Float.BYTES).order(ByteOrder.nativeOrder()));
      try (NDManager scope = array.getManager().newSubManager()) {
        ByteBuffer filled = block.slice(0, count * Float.BYTES).order(ByteOrder.nativeOrder());
        NDArray lent = scope.create(filled, new Shape(count), DataType.FLOAT32);
        kernels.call(scope, "store", Arguments.of(array, lent, scope.create(first)));
      }
    }
  }

  @Override
  public void close() {
    kernels.close();
  }

  /** Where the elements come from, in row-major order. */
  @FunctionalInterface
  public interface Source {
    /**
     * Fills {@code target}, native-order floats, with elements from index {@code first} on: whole
     * rows, unless a row has more than two million elements.
     */
    void read(long first, ByteBuffer target);
  }
}
