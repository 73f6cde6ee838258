package org.pocketdistill.pipeline.gguf;

import org.pocketdistill.pipeline.safetensors.FloatCodec;

/**
 * The blocks that {@link Blocks32} reads. Quants are computed with the scale in fp32, of which a
 * half is stored.
 */
final class Blocks32Encoder {
  private static final int SIZE = Blocks32.SIZE;
  private static final int HALF = SIZE / 2;

  private Blocks32Encoder() {}

  /** {@code d = max |x| / 127; q = round(x / d)}, halves away from zero. */
  static void q8of0(float[] source, int blocks, byte[] target) {
    for (int block = 0; block < blocks; block++) {
      int in = block * SIZE;
      int at = block * 34;
      float largest = 0;
      for (int j = 0; j < SIZE; j++) {
        largest = Math.max(largest, Math.abs(source[in + j]));
      }
      float d = largest / 127;
      float inverse = inverse(d);
      putHalf(target, at, d);
      for (int j = 0; j < SIZE; j++) {
        double scaled = source[in + j] * inverse;
        int magnitude = Math.min(127, (int) (Math.abs(scaled) + 0.5));
        target[at + 2 + j] = (byte) (scaled < 0 ? -magnitude : magnitude);
      }
    }
  }

  /**
   * {@code d = x* / -8} with x* the element of the largest magnitude, sign included, so that it is
   * stored without a loss; {@code q = floor(x / d + 8.5)}, at most 15. Product and sum are rounded
   * to fp32 one after the other: a fused multiply-add gives other quants where they are ties.
   */
  static void q4of0(float[] source, int blocks, byte[] target) {
    for (int block = 0; block < blocks; block++) {
      int in = block * SIZE;
      int at = block * 18;
      float extreme = source[in];
      for (int j = 1; j < SIZE; j++) {
        if (Math.abs(source[in + j]) > Math.abs(extreme)) {
          extreme = source[in + j];
        }
      }
      float d = extreme / -8;
      float inverse = inverse(d);
      putHalf(target, at, d);
      for (int j = 0; j < HALF; j++) {
        int low = quant(source[in + j] * inverse + 8.5f);
        int high = quant(source[in + HALF + j] * inverse + 8.5f);
        target[at + 2 + j] = (byte) (low | (high << 4));
      }
    }
  }

  /** {@code m = min x; d = (max x - m) / 15; q = floor((x - m) / d + 0.5)}, at most 15. */
  static void q4of1(float[] source, int blocks, byte[] target) {
    for (int block = 0; block < blocks; block++) {
      int in = block * SIZE;
      int at = block * 20;
      float min = source[in];
      float max = source[in];
      for (int j = 1; j < SIZE; j++) {
        min = Math.min(min, source[in + j]);
        max = Math.max(max, source[in + j]);
      }
      float d = (max - min) / 15;
      float inverse = inverse(d);
      putHalf(target, at, d);
      putHalf(target, at + 2, min + 0f); // no minus zero
      for (int j = 0; j < HALF; j++) {
        int low = quant((source[in + j] - min) * inverse + 0.5f);
        int high = quant((source[in + HALF + j] - min) * inverse + 0.5f);
        target[at + 4 + j] = (byte) (low | (high << 4));
      }
    }
  }

  private static float inverse(float d) {
    return d == 0 ? 0 : 1 / d;
  }

  private static int quant(float value) {
    return Math.max(0, Math.min(15, (int) value));
  }

  private static void putHalf(byte[] target, int at, float value) {
    LittleEndian.putInt16(target, at, FloatCodec.floatToHalf(value));
  }
}
