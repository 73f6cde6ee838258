package org.pocketdistill.pipeline.onnx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Writes a matrix [rows, columns] as [columns, rows], the layout of ONNX's MatMul, in stripes of
 * bounded size.
 *
 * @param elementBytes size of an encoded element
 */
record TransposedPayload(WeightMatrix matrix, int elementBytes, Encoder encoder)
    implements ExternalDataFile.Payload {
  private static final int STRIPE_BYTES = 32 << 20;

  /** Puts an element at a byte position. */
  @FunctionalInterface
  interface Encoder {
    void put(ByteBuffer target, int position, int row, float value);
  }

  @Override
  public void writeTo(ExternalDataFile.Sink sink) throws IOException {
    int rows = matrix.rows();
    long columnBytes = (long) rows * elementBytes;
    int width = (int) Math.max(1, Math.min(matrix.columns(), STRIPE_BYTES / columnBytes));
    float[] values = new float[matrix.columns()];
    ByteBuffer stripe =
        ByteBuffer.allocate(Math.toIntExact(width * columnBytes)).order(ByteOrder.LITTLE_ENDIAN);
    for (int first = 0; first < matrix.columns(); first += width) {
      int count = Math.min(width, matrix.columns() - first);
      for (int row = 0; row < rows; row++) {
        matrix.row(row, values);
        for (int column = 0; column < count; column++) {
          int position = (column * rows + row) * elementBytes;
          encoder.put(stripe, position, row, values[first + column]);
        }
      }
      sink.write(stripe.slice(0, (int) (count * columnBytes)));
    }
  }
}
