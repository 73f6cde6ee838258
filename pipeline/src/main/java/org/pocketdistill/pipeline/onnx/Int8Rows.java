package org.pocketdistill.pipeline.onnx;

/**
 * Symmetric int8 quantisation of a matrix, one scale per row (output channel), as ONNX Runtime's
 * quantizer does it:
 *
 * <pre>scale = 2 · max|w| / 254;  q = round_half_even(w / scale) in [-127, 127];  w ≈ scale · q
 * </pre>
 *
 * A row of zeros has scale 1.
 */
record Int8Rows(WeightMatrix matrix, float[] scales) {
  private static final int MAX = 127;

  /** Reads the matrix once for the scales. */
  static Int8Rows of(WeightMatrix matrix) {
    float[] scales = new float[matrix.rows()];
    float[] values = new float[matrix.columns()];
    for (int row = 0; row < scales.length; row++) {
      matrix.finiteRow(row, values);
      scales[row] = scale(values);
    }
    return new Int8Rows(matrix, scales);
  }

  /** Code of an element of a row. */
  byte quantize(int row, float value) {
    double code = Math.rint(value / scales[row]);
    return (byte) Math.max(-MAX, Math.min(MAX, code));
  }

  private static float scale(float[] values) {
    float largest = 0;
    for (float value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    float scale = (float) (2.0 * largest / (2.0 * MAX));
    return scale < Float.MIN_NORMAL ? 1 : scale;
  }
}
