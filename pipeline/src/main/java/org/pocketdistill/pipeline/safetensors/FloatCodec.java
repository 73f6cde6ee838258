package org.pocketdistill.pipeline.safetensors;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Converts between {@code float[]} and the bytes of the floating-point types. */
public final class FloatCodec {
  private FloatCodec() {}

  /**
   * Decodes elements into {@code target}, as many as it holds.
   *
   * @param source little-endian; read from index 0, its position is left alone
   * @param first index of the first element
   * @throws IllegalArgumentException if the type is not a floating-point one
   */
  public static void decode(Dtype dtype, ByteBuffer source, int first, float[] target) {
    ByteBuffer bytes = source.duplicate().order(ByteOrder.LITTLE_ENDIAN).rewind();
    switch (dtype) {
      case F32 -> bytes.asFloatBuffer().get(first, target);
      case F64 -> {
        for (int i = 0; i < target.length; i++) {
          target[i] = (float) bytes.getDouble(8 * (first + i));
        }
      }
      case F16 -> {
        for (int i = 0; i < target.length; i++) {
          target[i] = halfToFloat(bytes.getShort(2 * (first + i)));
        }
      }
      case BF16 -> {
        for (int i = 0; i < target.length; i++) {
          target[i] = Float.intBitsToFloat(bytes.getShort(2 * (first + i)) << 16);
        }
      }
      default -> throw new IllegalArgumentException("cannot convert " + dtype + " to float");
    }
  }

  /**
   * Encodes floats as F32 or, rounded to nearest even, BF16.
   *
   * @return a little-endian buffer, ready to be read
   * @throws IllegalArgumentException for any other type
   */
  public static ByteBuffer encode(Dtype dtype, float[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(values.length, dtype.bytes()))
            .order(ByteOrder.LITTLE_ENDIAN);
    switch (dtype) {
      case F32 -> bytes.asFloatBuffer().put(values);
      case BF16 -> {
        for (int i = 0; i < values.length; i++) {
          bytes.putShort(2 * i, floatToBfloat16(values[i]));
        }
      }
      default -> throw new IllegalArgumentException("cannot convert float to " + dtype);
    }
    return bytes;
  }

  private static short floatToBfloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) ((bits >>> 16) | 0x0040); // rounding up could turn a NaN into infinity
    }
    int lowestKeptBit = (bits >>> 16) & 1;
    return (short) ((bits + 0x7fff + lowestKeptBit) >>> 16);
  }

  /** The value of a half, by its bits. */
  public static float halfToFloat(short half) {
    int sign = (half & 0x8000) << 16;
    int exponent = (half >>> 10) & 0x1f;
    int mantissa = half & 0x3ff;
    if (exponent == 0) {
      float magnitude = mantissa * 0x1p-24f;
      return sign == 0 ? magnitude : -magnitude;
    }
    int wideExponent = exponent == 0x1f ? 0xff : exponent + (127 - 15);
    return Float.intBitsToFloat(sign | (wideExponent << 23) | (mantissa << 13));
  }
}
