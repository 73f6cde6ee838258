package org.pocketdistill.pipeline.quantize;

/**
 * What the values of a tensor are taken to lie in; those beyond are clipped.
 *
 * @param min smallest value
 * @param max largest value, not below it
 */
public record ValueRange(float min, float max) {
  private static final int LARGEST_CODE = 255;

  public ValueRange {
    if (!(min <= max)) {
      throw new IllegalArgumentException("a range from " + min + " to " + max);
    }
  }

  /**
   * The asymmetric grid of unsigned bytes over this range, widened to hold zero, as ONNX Runtime's
   * quantizer chooses it:
   *
   * <pre>scale = (max − min) / 255;  zero_point = round_half_even(−min / scale)</pre>
   *
   * A range of zeros has scale 1.
   */
  public ByteGrid grid() {
    double low = Math.min(min, 0);
    double scale = (Math.max(max, 0) - low) / LARGEST_CODE;
    if (scale < Float.MIN_NORMAL) {
      return new ByteGrid(1, 0);
    }
    return new ByteGrid((float) scale, (int) Math.rint(-low / scale));
  }
}
