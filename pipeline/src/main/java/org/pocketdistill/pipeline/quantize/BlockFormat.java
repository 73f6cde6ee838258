package org.pocketdistill.pipeline.quantize;

/**
 * How the elements of a row are packed: blocks of {@code blockSize} elements one after the other,
 * codes of {@code bits} bits, of two in a byte the first in the lower half. The last block of a row
 * is filled up.
 *
 * @param bits 4 or 8
 * @param blockSize elements that share a scale: 32, 64 or 128
 */
public record BlockFormat(int bits, int blockSize) {
  /** Checks the numbers. */
  public BlockFormat {
    if (bits != 4 && bits != 8) {
      throw new IllegalArgumentException(bits + " bits, expected 4 or 8");
    }
    if (blockSize != 32 && blockSize != 64 && blockSize != 128) {
      throw new IllegalArgumentException("blocks of " + blockSize + ", expected 32, 64 or 128");
    }
  }

  /** Largest code. */
  public int largestCode() {
    return (1 << bits) - 1;
  }

  /** The code that stands for zero where there are no zero points. */
  public int middle() {
    return 1 << (bits - 1);
  }

  /** Blocks of a row of so many elements. */
  public int blocks(int columns) {
    return (columns + blockSize - 1) / blockSize;
  }

  /** Bytes of a block's codes. */
  public int blockBytes() {
    return packedBytes(blockSize);
  }

  /** Bytes of so many codes. */
  public int packedBytes(int codes) {
    return (codes * bits + 7) / 8;
  }

  /**
   * Puts a code into packed ones, where zero bits stand.
   *
   * @param start byte at which the packed codes start
   * @param index of the code among them
   */
  void put(byte[] target, int start, int index, int code) {
    if (bits == 8) {
      target[start + index] = (byte) code;
    } else {
      target[start + index / 2] |= (byte) (code << (4 * (index % 2)));
    }
  }

  /**
   * A code of packed ones.
   *
   * @param start byte at which they start
   * @param index of the code among them
   */
  int code(byte[] packed, int start, int index) {
    return bits == 8
        ? packed[start + index] & 0xff
        : (packed[start + index / 2] >> (4 * (index % 2))) & 0xf;
  }

  /** The nearest code that there is. */
  int clamp(double code) {
    return (int) Math.max(0, Math.min(largestCode(), code));
  }
}
