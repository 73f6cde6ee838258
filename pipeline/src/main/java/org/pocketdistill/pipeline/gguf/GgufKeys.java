package org.pocketdistill.pipeline.gguf;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Metadata to be written, in the order in which they are put. A key that comes twice is the
 * caller's mistake: {@link IllegalArgumentException}.
 */
public final class GgufKeys {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final Set<String> keys = new HashSet<>();

  /** A string. */
  public GgufKeys text(String key, String value) {
    begin(key, GgufValueType.STRING);
    string(value);
    return this;
  }

  /** A whole number from 0 to 2^32 - 1. */
  public GgufKeys uint32(String key, long value) {
    if (value < 0 || value > 0xffff_ffffL) {
      throw new IllegalArgumentException(key + " = " + value + " does not fit 32 bits");
    }
    begin(key, GgufValueType.UINT32);
    int32((int) value);
    return this;
  }

  /** A number, rounded to fp32. */
  public GgufKeys float32(String key, double value) {
    begin(key, GgufValueType.FLOAT32);
    int32(Float.floatToRawIntBits((float) value));
    return this;
  }

  /** True or false. */
  public GgufKeys flag(String key, boolean value) {
    begin(key, GgufValueType.BOOL);
    bytes.write(value ? 1 : 0);
    return this;
  }

  /** An array of strings. */
  public GgufKeys texts(String key, List<String> values) {
    array(key, GgufValueType.STRING, values.size());
    values.forEach(this::string);
    return this;
  }

  /** An array of whole numbers. */
  public GgufKeys int32s(String key, List<Integer> values) {
    array(key, GgufValueType.INT32, values.size());
    values.forEach(this::int32);
    return this;
  }

  /** An array of numbers. */
  public GgufKeys float32s(String key, List<Float> values) {
    array(key, GgufValueType.FLOAT32, values.size());
    values.forEach(value -> int32(Float.floatToRawIntBits(value)));
    return this;
  }

  int count() {
    return keys.size();
  }

  byte[] bytes() {
    return bytes.toByteArray();
  }

  private void begin(String key, GgufValueType type) {
    if (!keys.add(key)) {
      throw new IllegalArgumentException("key '" + key + "' twice");
    }
    string(key);
    int32(type.code());
  }

  private void array(String key, GgufValueType type, int count) {
    begin(key, GgufValueType.ARRAY);
    int32(type.code());
    int64(count);
  }

  private void string(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    int64(utf8.length);
    bytes.writeBytes(utf8);
  }

  private void int32(int value) {
    bytes.writeBytes(
        ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
  }

  private void int64(long value) {
    bytes.writeBytes(
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
  }
}
