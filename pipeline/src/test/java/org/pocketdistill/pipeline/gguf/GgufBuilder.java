package org.pocketdistill.pipeline.gguf;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Writes GGUF files for tests, right or wrong ones. */
public final class GgufBuilder {
  private static final int ALIGNMENT = 32;

  private final ByteArrayOutputStream metadata = new ByteArrayOutputStream();
  private final ByteArrayOutputStream tensors = new ByteArrayOutputStream();
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();
  private int version = 3;
  private long keys;
  private long tensorCount;

  public GgufBuilder version(int number) {
    version = number;
    return this;
  }

  public GgufBuilder text(String key, String value) {
    return value(key, GgufValueType.STRING, string(value));
  }

  public GgufBuilder uint32(String key, long value) {
    return value(key, GgufValueType.UINT32, int32(value));
  }

  public GgufBuilder float32(String key, double value) {
    return value(key, GgufValueType.FLOAT32, int32(Float.floatToIntBits((float) value)));
  }

  public GgufBuilder flag(String key, boolean value) {
    return value(key, GgufValueType.BOOL, new byte[] {(byte) (value ? 1 : 0)});
  }

  public GgufBuilder texts(String key, List<String> values) {
    byte[][] elements = values.stream().map(GgufBuilder::string).toArray(byte[][]::new);
    return value(
        key,
        GgufValueType.ARRAY,
        join(int32(GgufValueType.STRING.code()), int64(values.size()), join(elements)));
  }

  public GgufBuilder int32s(String key, List<Integer> values) {
    byte[][] elements = values.stream().map(GgufBuilder::int32).toArray(byte[][]::new);
    return value(
        key,
        GgufValueType.ARRAY,
        join(int32(GgufValueType.INT32.code()), int64(values.size()), join(elements)));
  }

  public GgufBuilder value(String key, GgufValueType type, byte[] value) {
    return raw(join(string(key), int32(type.code()), value));
  }

  /** A key with its value as they stand in the file. */
  public GgufBuilder raw(byte[] keyAndValue) {
    metadata.writeBytes(keyAndValue);
    keys++;
    return this;
  }

  /** A tensor whose data come next. */
  public GgufBuilder tensor(String name, int type, byte[] bytes, long... shape) {
    pad(data);
    int offset = data.size();
    data.writeBytes(bytes);
    return entry(name, type, offset, shape);
  }

  /** A tensor of floats. */
  public GgufBuilder floats(String name, float[] values, long... shape) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return tensor(name, 0, bytes.array(), shape);
  }

  /** A tensor of the header, whatever the data are. */
  public GgufBuilder entry(String name, long type, long offset, long... shape) {
    tensors.writeBytes(join(string(name), int32(shape.length)));
    for (int i = shape.length - 1; i >= 0; i--) {
      tensors.writeBytes(int64(shape[i]));
    }
    tensors.writeBytes(join(int32(type), int64(offset)));
    tensorCount++;
    return this;
  }

  /** Bytes behind those of the tensors. */
  public GgufBuilder data(byte[] bytes) {
    data.writeBytes(bytes);
    return this;
  }

  public byte[] bytes() {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
    file.writeBytes(join(int32(version), int64(tensorCount), int64(keys)));
    file.writeBytes(metadata.toByteArray());
    file.writeBytes(tensors.toByteArray());
    pad(file);
    file.writeBytes(data.toByteArray());
    return file.toByteArray();
  }

  public Path write(Path file) throws IOException {
    return Files.write(file, bytes());
  }

  private static void pad(ByteArrayOutputStream stream) {
    stream.writeBytes(new byte[Math.floorMod(-stream.size(), ALIGNMENT)]);
  }

  static byte[] string(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    return join(int64(utf8.length), utf8);
  }

  static byte[] int32(long value) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt((int) value).array();
  }

  static byte[] int64(long value) {
    return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
  }

  static byte[] join(byte[]... parts) {
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      joined.writeBytes(part);
    }
    return joined.toByteArray();
  }
}
