package org.pocketdistill.pipeline.gguf;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.pocketdistill.pipeline.safetensors.FloatCodec;

/** Little-endian numbers in an array of bytes. */
final class LittleEndian {
  private static final VarHandle SHORTS =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private LittleEndian() {}

  static float half(byte[] bytes, int at) {
    return FloatCodec.halfToFloat((short) SHORTS.get(bytes, at));
  }

  static float bfloat16(byte[] bytes, int at) {
    return Float.intBitsToFloat((short) SHORTS.get(bytes, at) << 16);
  }

  static int int32(byte[] bytes, int at) {
    return (int) INTS.get(bytes, at);
  }

  static float float32(byte[] bytes, int at) {
    return Float.intBitsToFloat(int32(bytes, at));
  }

  static int unsigned(byte[] bytes, int at) {
    return bytes[at] & 0xff;
  }

  static void putInt16(byte[] bytes, int at, short value) {
    SHORTS.set(bytes, at, value);
  }

  static void putInt32(byte[] bytes, int at, int value) {
    INTS.set(bytes, at, value);
  }
}
