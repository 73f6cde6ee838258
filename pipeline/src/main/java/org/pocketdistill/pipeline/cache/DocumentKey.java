package org.pocketdistill.pipeline.cache;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A document by its content: SHA-256 of its tokens, each as a little-endian int32 that is the id
 * where the next token is learned and {@code -1 - id} where it is not. The same tokens with another
 * mask have entries at other positions, and so another key.
 */
record DocumentKey(long first, long second, long third, long fourth) {
  static final int BYTES = Digests.BYTES;

  /** Key of some tokens. */
  static DocumentKey of(int[] tokens) {
    ByteBuffer bytes =
        ByteBuffer.allocate(tokens.length * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asIntBuffer().put(tokens);
    return read(ByteBuffer.wrap(Digests.sha256().digest(bytes.array())));
  }

  static DocumentKey read(ByteBuffer source) {
    return new DocumentKey(source.getLong(), source.getLong(), source.getLong(), source.getLong());
  }

  void write(ByteBuffer target) {
    target.putLong(first).putLong(second).putLong(third).putLong(fourth);
  }
}
