package org.pocketdistill.pipeline.quantize;

/** The codes that stand for zero, one for each block. */
public sealed interface ZeroPoints {
  /** {@link BlockFormat#middle} for all blocks: nothing is stored. */
  record Middle() implements ZeroPoints {}

  /**
   * Codes like those of the weights.
   *
   * @param bytes [rows, bytes of a row's packed codes]; half a byte that is left over holds 8
   */
  record Packed(byte[] bytes) implements ZeroPoints {}

  /**
   * Numbers between codes.
   *
   * @param values [rows, blocks]
   */
  record Fractional(float[] values) implements ZeroPoints {}
}
