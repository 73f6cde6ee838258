package org.pocketdistill.pipeline.nf4;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * A matrix in NF4: blocks of 64 elements in row-major order, each divided by its largest absolute
 * value; 4.5 bits an element, 4.127 with double quantisation.
 *
 * @param size number of elements
 * @param packed two codes a byte, the earlier in the upper half
 */
public record Nf4Matrix(int size, byte[] packed, Scales scales) {
  private static final float SMALLEST_SCALE = 1e-38f;

  /**
   * Quantises.
   *
   * @param doubleQuant quantises the scales as well
   */
  public static Nf4Matrix quantize(float[] values, boolean doubleQuant) {
    int blocks = (values.length + Nf4.BLOCK - 1) / Nf4.BLOCK;
    byte[] packed = new byte[(values.length + 1) / 2];
    float[] absmax = new float[blocks];
    IntStream.range(0, blocks)
        .parallel()
        .forEach(block -> absmax[block] = quantizeBlock(values, block, packed));
    Scales scales = doubleQuant ? Scales.Quantized.of(absmax) : new Scales.Plain(absmax);
    return new Nf4Matrix(values.length, packed, scales);
  }

  /**
   * As bitsandbytes rounds: whole blocks times the scale's inverse, the last part divided by it.
   */
  private static float quantizeBlock(float[] values, int block, byte[] packed) {
    int start = block * Nf4.BLOCK;
    int end = Math.min(values.length, start + Nf4.BLOCK);
    float absmax = 0;
    for (int i = start; i < end; i++) {
      absmax = Math.max(absmax, Math.abs(values[i]));
    }
    float divisor = Math.max(absmax, SMALLEST_SCALE);
    boolean whole = end - start == Nf4.BLOCK;
    float inverse = 1 / divisor;
    for (int i = start; i < end; i += 2) {
      int upper = Nf4.code(whole ? values[i] * inverse : values[i] / divisor);
      int lower = Nf4.ZERO;
      if (i + 1 < end) {
        lower = Nf4.code(whole ? values[i + 1] * inverse : values[i + 1] / divisor);
      }
      packed[i / 2] = (byte) (upper << 4 | lower);
    }
    return whole ? absmax : divisor;
  }

  /** The values that it stands for, in fp32. */
  public float[] dequantize() {
    float[] absmax = scales.values();
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      int code = i % 2 == 0 ? packed[i / 2] >> 4 & 0xF : packed[i / 2] & 0xF;
      values[i] = Nf4.value(code) * absmax[i / Nf4.BLOCK];
    }
    return values;
  }

  /** The codes with zeros up to the end of the last block. */
  public byte[] wholeBlocks() {
    int blocks = (size + Nf4.BLOCK - 1) / Nf4.BLOCK;
    byte[] whole = Arrays.copyOf(packed, blocks * Nf4.BLOCK / 2);
    Arrays.fill(whole, packed.length, whole.length, (byte) (Nf4.ZERO << 4 | Nf4.ZERO));
    return whole;
  }

  /** Bytes that it takes. */
  public long bytes() {
    return packed.length + scales.bytes();
  }
}
