package org.pocketdistill.pipeline.gguf;

/**
 * Blocks of 256 elements in groups of 16 or 32, each with a quantised scale (and minimum) of its
 * own beside those of the block: {@code x = d · s · q} or {@code x = d · s · q - dmin · m}.
 */
final class KBlocks {
  static final int SIZE = 256;
  private static final int GROUP = 32;

  private KBlocks() {}

  /** {@code s and m[16 bytes], q[64 bytes], d, dmin}; groups of 16, two bits. */
  static void q2k(byte[] source, int blocks, float[] target) {
    for (int block = 0; block < blocks; block++) {
      int at = block * 84;
      float d = LittleEndian.half(source, at + 80);
      float dmin = LittleEndian.half(source, at + 82);
      for (int group = 0; group < 16; group++) {
        int scaleAndMin = source[at + group];
        float scale = d * (scaleAndMin & 15);
        float min = dmin * ((scaleAndMin >> 4) & 15);
        int bytes = at + 16 + group / 8 * GROUP + group % 2 * 16;
        int shift = group / 2 % 4 * 2;
        int out = block * SIZE + group * 16;
        for (int j = 0; j < 16; j++) {
          target[out + j] = scale * ((source[bytes + j] >> shift) & 3) - min;
        }
      }
    }
  }

  /**
   * {@code third bits[32 bytes], q[64 bytes], s[12 bytes], d}; groups of 16, three bits. A third
   * bit that is not set takes 4 away.
   */
  static void q3k(byte[] source, int blocks, float[] target) {
    for (int block = 0; block < blocks; block++) {
      int at = block * 110;
      float d = LittleEndian.half(source, at + 108);
      for (int group = 0; group < 16; group++) {
        float scale = d * (q3Scale(source, at + 96, group) - 32);
        int half = group % 2 * 16;
        int bytes = at + 32 + group / 8 * GROUP + half;
        int shift = group / 2 % 4 * 2;
        int out = block * SIZE + group * 16;
        for (int j = 0; j < 16; j++) {
          int third = (source[at + half + j] >> (group / 2)) & 1;
          int q = ((source[bytes + j] >> shift) & 3) - (third == 1 ? 0 : 4);
          target[out + j] = scale * q;
        }
      }
    }
  }

  /** Sixteen scales of six bits: the low four in eight bytes, the high two in the next four. */
  private static int q3Scale(byte[] source, int at, int group) {
    int low = (source[at + group % 8] >> (group / 8 * 4)) & 15;
    int high = (source[at + 8 + group % 4] >> (group / 4 * 2)) & 3;
    return low | (high << 4);
  }

  /** {@code d, dmin, s and m[12 bytes], q[128 bytes]}; groups of 32, four bits. */
  static void q4k(byte[] source, int blocks, float[] target) {
    for (int block = 0; block < blocks; block++) {
      int at = block * 144;
      float d = LittleEndian.half(source, at);
      float dmin = LittleEndian.half(source, at + 2);
      for (int group = 0; group < 8; group++) {
        float scale = d * scale(source, at + 4, group);
        float min = dmin * min(source, at + 4, group);
        int bytes = at + 16 + group / 2 * GROUP;
        int shift = group % 2 * 4;
        int out = block * SIZE + group * GROUP;
        for (int j = 0; j < GROUP; j++) {
          target[out + j] = scale * ((source[bytes + j] >> shift) & 15) - min;
        }
      }
    }
  }

  /** {@code d, dmin, s and m[12 bytes], fifth bits[32 bytes], q[128 bytes]}; groups of 32. */
  static void q5k(byte[] source, int blocks, float[] target) {
    for (int block = 0; block < blocks; block++) {
      int at = block * 176;
      float d = LittleEndian.half(source, at);
      float dmin = LittleEndian.half(source, at + 2);
      for (int group = 0; group < 8; group++) {
        float scale = d * scale(source, at + 4, group);
        float min = dmin * min(source, at + 4, group);
        int bytes = at + 48 + group / 2 * GROUP;
        int shift = group % 2 * 4;
        int out = block * SIZE + group * GROUP;
        for (int j = 0; j < GROUP; j++) {
          int fifth = (source[at + 16 + j] >> group) & 1;
          target[out + j] = scale * (((source[bytes + j] >> shift) & 15) | (fifth << 4)) - min;
        }
      }
    }
  }

  /** Six bits of group's scale: of the first four in one byte, of the others in two parts. */
  private static int scale(byte[] source, int at, int group) {
    return group < 4
        ? source[at + group] & 63
        : (source[at + 4 + group] & 15) | ((source[at + group - 4] >> 2) & 48);
  }

  private static int min(byte[] source, int at, int group) {
    return group < 4
        ? source[at + 4 + group] & 63
        : ((source[at + 4 + group] >> 4) & 15) | ((source[at + group] >> 2) & 48);
  }

  /**
   * {@code low four bits[128 bytes], high two bits[64 bytes], s[16 bytes, signed], d}; groups of
   * 16, six bits.
   */
  static void q6k(byte[] source, int blocks, float[] target) {
    for (int block = 0; block < blocks; block++) {
      int at = block * 210;
      float d = LittleEndian.half(source, at + 208);
      for (int group = 0; group < 16; group++) {
        float scale = d * source[at + 192 + group];
        int quarter = group / 2 % 4;
        int half = group % 2 * 16;
        int low = at + group / 8 * 64 + quarter % 2 * GROUP + half;
        int high = at + 128 + group / 8 * GROUP + half;
        int out = block * SIZE + group * 16;
        for (int j = 0; j < 16; j++) {
          int lower = (source[low + j] >> (quarter / 2 * 4)) & 15;
          int upper = (source[high + j] >> (quarter * 2)) & 3;
          int q = lower | (upper << 4);
          target[out + j] = scale * (q - 32);
        }
      }
    }
  }
}
