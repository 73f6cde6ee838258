package org.pocketdistill.pipeline.gguf;

import java.nio.ByteBuffer;

/**
 * An array among the metadata, whose elements are decoded when they are asked for: a vocabulary has
 * hundreds of thousands, and who only wants a model's shape needs none.
 *
 * @param type of the elements; what arrays in arrays hold can only be passed over
 * @param bytes of the elements, whose lengths have been checked
 */
record GgufArray(GgufValueType type, int count, ByteBuffer bytes) {
  @Override
  public String toString() {
    return "an array of %d %s".formatted(count, type);
  }
}
