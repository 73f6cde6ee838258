package org.pocketdistill.pipeline.gguf;

/**
 * Blocks of 32 elements with a scale d, of which some have a minimum m: {@code x = d · q} or {@code
 * x = d · q + m}. Byte j of the quants holds element j in its low and element j + 16 in its high
 * half; the fifth bits of Q5 are in a word of their own, bit j for element j.
 */
final class Blocks32 {
  static final int SIZE = 32;
  private static final int HALF = SIZE / 2;

  private Blocks32() {}

  /** {@code d, q[32]} with q signed. */
  static void q8of0(byte[] source, int blocks, float[] target) {
    for (int block = 0; block < blocks; block++) {
      int at = block * 34;
      float d = LittleEndian.half(source, at);
      for (int j = 0; j < SIZE; j++) {
        target[block * SIZE + j] = source[at + 2 + j] * d;
      }
    }
  }

  /** {@code d, q[16 bytes]}. */
  static void q4of0(byte[] source, int blocks, float[] target) {
    for (int block = 0; block < blocks; block++) {
      int at = block * 18;
      int out = block * SIZE;
      float d = LittleEndian.half(source, at);
      for (int j = 0; j < HALF; j++) {
        int pair = source[at + 2 + j];
        target[out + j] = ((pair & 15) - 8) * d;
        target[out + HALF + j] = (((pair >> 4) & 15) - 8) * d;
      }
    }
  }

  /** {@code d, m, q[16 bytes]}. */
  static void q4of1(byte[] source, int blocks, float[] target) {
    for (int block = 0; block < blocks; block++) {
      int at = block * 20;
      int out = block * SIZE;
      float d = LittleEndian.half(source, at);
      float m = LittleEndian.half(source, at + 2);
      for (int j = 0; j < HALF; j++) {
        int pair = source[at + 4 + j];
        target[out + j] = (pair & 15) * d + m;
        target[out + HALF + j] = ((pair >> 4) & 15) * d + m;
      }
    }
  }

  /** {@code d, fifth bits[4 bytes], q[16 bytes]}. */
  static void q5of0(byte[] source, int blocks, float[] target) {
    for (int block = 0; block < blocks; block++) {
      int at = block * 22;
      int out = block * SIZE;
      float d = LittleEndian.half(source, at);
      int fifth = LittleEndian.int32(source, at + 2);
      for (int j = 0; j < HALF; j++) {
        int pair = source[at + 6 + j];
        target[out + j] = (((pair & 15) | fifthBit(fifth, j)) - 16) * d;
        target[out + HALF + j] = ((((pair >> 4) & 15) | fifthBit(fifth, j + HALF)) - 16) * d;
      }
    }
  }

  /** {@code d, m, fifth bits[4 bytes], q[16 bytes]}. */
  static void q5of1(byte[] source, int blocks, float[] target) {
    for (int block = 0; block < blocks; block++) {
      int at = block * 24;
      int out = block * SIZE;
      float d = LittleEndian.half(source, at);
      float m = LittleEndian.half(source, at + 2);
      int fifth = LittleEndian.int32(source, at + 4);
      for (int j = 0; j < HALF; j++) {
        int pair = source[at + 8 + j];
        target[out + j] = ((pair & 15) | fifthBit(fifth, j)) * d + m;
        target[out + HALF + j] = (((pair >> 4) & 15) | fifthBit(fifth, j + HALF)) * d + m;
      }
    }
  }

  private static int fifthBit(int bits, int element) {
    return ((bits >> element) & 1) << 4;
  }
}
