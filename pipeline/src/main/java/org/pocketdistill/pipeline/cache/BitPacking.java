package org.pocketdistill.pipeline.cache;

/** Whole numbers of a fixed number of bits each, one after the other, the lowest bit first. */
final class BitPacking {
  private BitPacking() {}

  /** Bits that every id of a vocabulary has room in. */
  static int bits(int vocabSize) {
    return Math.max(1, Integer.SIZE - Integer.numberOfLeadingZeros(vocabSize - 1));
  }

  /** Bytes that some numbers take. */
  static long bytes(long count, int bits) {
    return (count * bits + Byte.SIZE - 1) / Byte.SIZE;
  }

  /** Writes numbers from an index of the target on; returns the index after them. */
  static int pack(int[] values, int bits, byte[] target, int at) {
    long waiting = 0;
    int filled = 0;
    int next = at;
    for (int value : values) {
      waiting |= (long) value << filled;
      filled += bits;
      while (filled >= Byte.SIZE) {
        target[next++] = (byte) waiting;
        waiting >>>= Byte.SIZE;
        filled -= Byte.SIZE;
      }
    }
    if (filled > 0) {
      target[next++] = (byte) waiting;
    }
    return next;
  }

  /** Reads {@code count} numbers from an index of the source on. */
  static int[] unpack(byte[] source, int at, int count, int bits) {
    int[] values = new int[count];
    long mask = (1L << bits) - 1;
    long waiting = 0;
    int filled = 0;
    int next = at;
    for (int i = 0; i < count; i++) {
      while (filled < bits) {
        waiting |= (source[next++] & 0xffL) << filled;
        filled += Byte.SIZE;
      }
      values[i] = (int) (waiting & mask);
      waiting >>>= bits;
      filled -= bits;
    }
    return values;
  }
}
