package org.pocketdistill.pipeline.gguf;

/** Blocks whose four-bit quants are places in a table of values: {@code x = d · table[q]}. */
final class CodebookBlocks {
  private static final int HALF = Blocks32.SIZE / 2;

  /** Sixteen values that lie closer together around zero, where most weights are. */
  private static final int[] NONLINEAR = {
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113
  };

  /** Doubled values of a float of one sign, two exponent and one mantissa bit. */
  private static final int[] E2M1 = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

  private CodebookBlocks() {}

  /** {@code d, q[16 bytes]}. */
  static void iq4nl(byte[] source, int blocks, float[] target) {
    for (int block = 0; block < blocks; block++) {
      int at = block * 18;
      float d = LittleEndian.half(source, at);
      pairs(source, at + 2, d, NONLINEAR, target, block * Blocks32.SIZE);
    }
  }

  /**
   * Blocks of 256 in eight groups with a scale each: {@code d, upper two bits of the scales[2
   * bytes], lower four bits[4 bytes], q[128 bytes]}.
   */
  static void iq4xs(byte[] source, int blocks, float[] target) {
    for (int block = 0; block < blocks; block++) {
      int at = block * 136;
      float d = LittleEndian.half(source, at);
      for (int group = 0; group < 8; group++) {
        int low = (source[at + 4 + group / 2] >> (group % 2 * 4)) & 15;
        int high = (source[at + 2 + group / 4] >> (group % 4 * 2)) & 3;
        float scale = d * ((low | (high << 4)) - 32);
        int out = (block * 8 + group) * Blocks32.SIZE;
        pairs(source, at + 8 + group * HALF, scale, NONLINEAR, target, out);
      }
    }
  }

  /** {@code e, q[16 bytes]} with a power of two as scale, halved since the table is doubled. */
  static void mxfp4(byte[] source, int blocks, float[] target) {
    for (int block = 0; block < blocks; block++) {
      int at = block * 17;
      float scale = halfPowerOfTwo(LittleEndian.unsigned(source, at));
      pairs(source, at + 1, scale, E2M1, target, block * Blocks32.SIZE);
    }
  }

  /** {@code 2^(exponent - 128)}, of which the two smallest are subnormal. */
  private static float halfPowerOfTwo(int exponent) {
    return Float.intBitsToFloat(exponent < 2 ? 0x00200000 << exponent : (exponent - 1) << 23);
  }

  private static void pairs(
      byte[] source, int at, float scale, int[] table, float[] target, int out) {
    for (int j = 0; j < HALF; j++) {
      int pair = source[at + j];
      target[out + j] = scale * table[pair & 15];
      target[out + HALF + j] = scale * table[(pair >> 4) & 15];
    }
  }
}
