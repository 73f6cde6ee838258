package org.pocketdistill.pipeline.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.stream.IntStream;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.torch.ArrayFiller;

/**
 * Decodes tensors into libtorch's own memory: a block of rows is outside it at a time, whose
 * stretches are decoded in parallel.
 */
record RowLoader(ArrayFiller filler, TensorSource source) {
  /** Elements of a stretch: enough to be worth a task, few enough to share a block out evenly. */
  private static final int STRETCH = 1 << 17;

  /**
   * A tensor of the source, which has checked the shape, in fp32; of any size.
   *
   * @throws DataException if its rows are longer than a block
   */
  NDArray load(NDManager owner, String name, Shape shape) {
    TensorSource.Rows rows = source.rows(name);
    int columns = (int) shape.get(shape.dimension() - 1);
    if (columns > ArrayFiller.BLOCK_FLOATS) {
      throw new DataException(
          "%s: tensor '%s': rows of %d elements, at most %d are supported"
              .formatted(source.path(), name, columns, ArrayFiller.BLOCK_FLOATS));
    }
    return filler.create(
        owner, shape, (first, target) -> decode(rows, (int) (first / columns), columns, target));
  }

  private static void decode(TensorSource.Rows rows, int firstRow, int columns, ByteBuffer bytes) {
    FloatBuffer target = bytes.asFloatBuffer();
    int count = target.capacity() / columns;
    int stretch = STRETCH / columns + 1;
    IntStream.rangeClosed(0, (count - 1) / stretch)
        .parallel()
        .forEach(
            part -> {
              TensorSource.Rows own = rows.copy();
              float[] row = new float[columns];
              int end = Math.min(count, (part + 1) * stretch);
              for (int i = part * stretch; i < end; i++) {
                own.read(firstRow + i, row);
                target.put(i * columns, row);
              }
            });
  }
}
