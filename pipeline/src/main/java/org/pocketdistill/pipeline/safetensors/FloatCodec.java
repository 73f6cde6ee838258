package org.pocketdistill.pipeline.safetensors;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Converts between floats and the bytes of the floating-point types. */
public final class FloatCodec {
  private static final float LARGEST_HALF = 65504;
  private static final int LARGEST_HALF_BITS = 0x7bff;
  private static final float SMALLEST_NORMAL_HALF = 0x1p-14f;

  private FloatCodec() {}

  /**
   * Widens every element of {@code narrow} to the float at the same index of {@code target}. They
   * may share memory if {@code narrow} is the end of {@code target}.
   *
   * @param narrow F16 or BF16, little-endian, from index 0
   * @param target little-endian, from index 0
   * @throws IllegalArgumentException for any other type
   */
  static void widen(Dtype dtype, ByteBuffer narrow, ByteBuffer target) {
    int count = narrow.capacity() / dtype.bytes();
    switch (dtype) {
      case F16 -> {
        for (int i = 0; i < count; i++) {
          target.putFloat(4 * i, halfToFloat(narrow.getShort(2 * i)));
        }
      }
      case BF16 -> {
        for (int i = 0; i < count; i++) {
          target.putInt(4 * i, narrow.getShort(2 * i) << 16);
        }
      }
      default -> throw new IllegalArgumentException("cannot widen " + dtype + " to float");
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

  /**
   * The half next to a float, the even one of two that are equally near. What is beyond the largest
   * half becomes that one, 65504, with its sign; NaN stays NaN.
   */
  public static short floatToHalf(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = (bits >>> 16) & 0x8000;
    float magnitude = Math.abs(value);
    if (Float.isNaN(value)) {
      return (short) 0x7e00;
    }
    if (magnitude >= LARGEST_HALF) {
      return (short) (sign | LARGEST_HALF_BITS);
    }
    if (magnitude < SMALLEST_NORMAL_HALF) {
      return (short) (sign | (int) Math.rint(magnitude * 0x1p24));
    }
    int kept = (bits & 0x7fffffff) - ((127 - 15) << 23);
    int lowestKeptBit = (kept >>> 13) & 1;
    int rounded = (kept + 0xfff + lowestKeptBit) >>> 13;
    return (short) (sign | Math.min(rounded, LARGEST_HALF_BITS));
  }
}
