package org.pocketdistill.pipeline.cache;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.safetensors.FloatCodec;

/**
 * Entries as bytes: ids at ceil(log2 vocabulary) bits each, then log-probabilities as fp16, then
 * tails as fp32, little-endian.
 *
 * <p>A log-probability is negative and its fp16 bits grow along a position's falling values. So
 * what is kept of it are the bits without the sign, as the difference from those before (modulo
 * 2^16), all low bytes before all high ones. That loses nothing, and leaves mostly zeros for the
 * compression to remove.
 *
 * @param vocabSize number of logits
 * @param topK tokens of a position
 */
record EntryFormat(int vocabSize, int topK) {
  private static final int MAGNITUDE = 0x7fff;

  EntryFormat(CacheHeader header) {
    this(header.vocabSize(), header.topK());
  }

  /** Bytes of an entry. */
  long bytes(long positions) {
    long values = positions * topK;
    return BitPacking.bytes(values, BitPacking.bits(vocabSize))
        + values * Short.BYTES
        + positions * Float.BYTES;
  }

  byte[] encode(Entry entry) {
    byte[] bytes = new byte[Math.toIntExact(bytes(entry.positions()))];
    int at = BitPacking.pack(entry.ids(), BitPacking.bits(vocabSize), bytes, 0);
    int values = entry.logProbs().length;
    int before = 0;
    for (int i = 0; i < values; i++) {
      before = i % topK == 0 ? 0 : before;
      int magnitude = FloatCodec.floatToHalf(entry.logProbs()[i]) & MAGNITUDE;
      int step = magnitude - before;
      bytes[at + i] = (byte) step;
      bytes[at + values + i] = (byte) (step >> Byte.SIZE);
      before = magnitude;
    }
    ByteBuffer.wrap(bytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .position(at + 2 * values)
        .slice()
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .put(entry.logTails());
    return bytes;
  }

  /**
   * Reads an entry from an index on.
   *
   * @param chunk for messages
   * @throws DataException if an id is beyond the vocabulary
   */
  Entry decode(byte[] bytes, int begin, int positions, Path chunk) {
    int values = positions * topK;
    int bits = BitPacking.bits(vocabSize);
    int[] ids = BitPacking.unpack(bytes, begin, values, bits);
    for (int id : ids) {
      if (id >= vocabSize) {
        throw new DataException(
            "%s: token id %d, expected less than %d; delete the file, and what it holds is computed again"
                .formatted(chunk, id, vocabSize));
      }
    }
    int at = begin + (int) BitPacking.bytes(values, bits);
    float[] logProbs = new float[values];
    int magnitude = 0;
    for (int i = 0; i < values; i++) {
      int step = (bytes[at + i] & 0xff) | bytes[at + values + i] << Byte.SIZE;
      magnitude = ((i % topK == 0 ? 0 : magnitude) + step) & MAGNITUDE;
      logProbs[i] = -FloatCodec.halfToFloat((short) magnitude);
    }
    float[] logTails = new float[positions];
    ByteBuffer.wrap(bytes)
        .position(at + 2 * values)
        .slice()
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .get(logTails);
    return new Entry(ids, logProbs, logTails);
  }
}
