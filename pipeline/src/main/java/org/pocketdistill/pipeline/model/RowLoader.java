package org.pocketdistill.pipeline.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.FloatBuffer;
import java.util.stream.IntStream;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.torch.Torch;

/**
 * Decodes tensors into libtorch's own memory: a row at a time is on the Java heap, stretches of
 * rows are decoded in parallel.
 */
final class RowLoader {
  /** Elements of a stretch: enough to be worth a task, few enough to share a matrix out evenly. */
  private static final int STRETCH = 1 << 18;

  private RowLoader() {}

  /** A tensor of the source, which has checked the shape, in fp32. */
  static NDArray load(NDManager owner, TensorSource source, String name, Shape shape) {
    if (shape.size() > Integer.MAX_VALUE / Float.BYTES) {
      throw new DataException(
          "%s: tensor '%s': %d elements, at most 2 GiB in fp32 are supported"
              .formatted(source.path(), name, shape.size()));
    }
    TensorSource.Rows rows = source.rows(name);
    int columns = (int) shape.get(shape.dimension() - 1);
    return Torch.written(owner, shape, memory -> decode(rows, columns, memory));
  }

  private static void decode(TensorSource.Rows rows, int columns, FloatBuffer memory) {
    int count = memory.capacity() / columns;
    int stretch = STRETCH / columns + 1;
    IntStream.rangeClosed(0, (count - 1) / stretch)
        .parallel()
        .forEach(
            part -> {
              TensorSource.Rows own = rows.copy();
              float[] row = new float[columns];
              int end = Math.min(count, (part + 1) * stretch);
              for (int i = part * stretch; i < end; i++) {
                own.read(i, row);
                memory.put(i * columns, row);
              }
            });
  }
}
