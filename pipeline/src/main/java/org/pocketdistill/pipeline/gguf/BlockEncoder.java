package org.pocketdistill.pipeline.gguf;

/** Turns floats into blocks of one type. */
@FunctionalInterface
interface BlockEncoder {
  /** Largest magnitude of a half, in which the scales of blocks are stored. */
  float LARGEST_HALF = 65504;

  /**
   * Encodes the first {@code blocks} blocks of {@code source} into the start of {@code target}, to
   * the very bytes that gguf-py writes.
   *
   * @param source numbers of at most {@link #largest}
   */
  void encode(float[] source, int blocks, byte[] target);

  /**
   * The encoder of a type.
   *
   * @throws IllegalArgumentException if there is none
   */
  static BlockEncoder of(TensorType type) {
    return switch (type) {
      case F32 -> PlainElements::toF32;
      case F16 -> PlainElements::toF16;
      case Q8_0 -> Blocks32Encoder::q8of0;
      case Q4_0 -> Blocks32Encoder::q4of0;
      case Q4_1 -> Blocks32Encoder::q4of1;
      default -> throw new IllegalArgumentException("no encoder for " + type);
    };
  }

  /** The largest magnitude that a type can hold: that of its scale times the largest quant. */
  static float largest(TensorType type) {
    return switch (type) {
      case F32 -> Float.MAX_VALUE;
      case Q8_0 -> 127 * LARGEST_HALF;
      case Q4_0 -> 8 * LARGEST_HALF;
      default -> LARGEST_HALF;
    };
  }
}
