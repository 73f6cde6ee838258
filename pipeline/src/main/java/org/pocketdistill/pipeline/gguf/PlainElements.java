package org.pocketdistill.pipeline.gguf;

import org.pocketdistill.pipeline.safetensors.FloatCodec;

/** Types of which each element stands for itself: blocks of one. */
final class PlainElements {
  private PlainElements() {}

  static void f32(byte[] source, int elements, float[] target) {
    for (int i = 0; i < elements; i++) {
      target[i] = LittleEndian.float32(source, 4 * i);
    }
  }

  static void f16(byte[] source, int elements, float[] target) {
    for (int i = 0; i < elements; i++) {
      target[i] = LittleEndian.half(source, 2 * i);
    }
  }

  static void bf16(byte[] source, int elements, float[] target) {
    for (int i = 0; i < elements; i++) {
      target[i] = LittleEndian.bfloat16(source, 2 * i);
    }
  }

  static void toF32(float[] source, int elements, byte[] target) {
    for (int i = 0; i < elements; i++) {
      LittleEndian.putInt32(target, 4 * i, Float.floatToRawIntBits(source[i]));
    }
  }

  /** Rounded to the nearest half, to the even one of two. */
  static void toF16(float[] source, int elements, byte[] target) {
    for (int i = 0; i < elements; i++) {
      LittleEndian.putInt16(target, 2 * i, FloatCodec.floatToHalf(source[i]));
    }
  }
}
