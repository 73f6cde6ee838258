package org.pocketdistill.pipeline.safetensors;

import java.util.Arrays;
import java.util.Optional;

/**
 * Element type of a tensor, by its name in a safetensors header. The order is that of the reference
 * implementation, which sorts tensors by it when it writes.
 */
public enum Dtype {
  BOOL(1),
  U8(1),
  I8(1),
  I16(2),
  U16(2),
  F16(2),
  BF16(2),
  I32(4),
  U32(4),
  F32(4),
  F64(8),
  I64(8),
  U64(8);

  private final int bytes;

  Dtype(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }

  /** Whether {@link SafetensorsFile#floats} gives elements of this type. */
  public boolean isFloat() {
    return this == F16 || this == BF16 || this == F32 || this == F64;
  }

  static Optional<Dtype> of(String name) {
    return Arrays.stream(values()).filter(d -> d.name().equals(name)).findFirst();
  }
}
