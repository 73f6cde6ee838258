package org.pocketdistill.pipeline.gguf;

/** Turns blocks of one type into floats. */
@FunctionalInterface
interface BlockDecoder {
  /**
   * Decodes the first {@code blocks} blocks of {@code source} into the start of {@code target}, to
   * the very bits that gguf-py computes: products and sums in fp32, in the order given there.
   */
  void decode(byte[] source, int blocks, float[] target);

  /** The decoder of a type. */
  static BlockDecoder of(TensorType type) {
    return switch (type) {
      case F32 -> PlainElements::f32;
      case F16 -> PlainElements::f16;
      case BF16 -> PlainElements::bf16;
      case Q4_0 -> Blocks32::q4of0;
      case Q4_1 -> Blocks32::q4of1;
      case Q5_0 -> Blocks32::q5of0;
      case Q5_1 -> Blocks32::q5of1;
      case Q8_0 -> Blocks32::q8of0;
      case Q2_K -> KBlocks::q2k;
      case Q3_K -> KBlocks::q3k;
      case Q4_K -> KBlocks::q4k;
      case Q5_K -> KBlocks::q5k;
      case Q6_K -> KBlocks::q6k;
      case IQ4_NL -> CodebookBlocks::iq4nl;
      case IQ4_XS -> CodebookBlocks::iq4xs;
      case MXFP4 -> CodebookBlocks::mxfp4;
    };
  }
}
