package org.pocketdistill.pipeline.onnx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * Writes ONNX Runtime's adapter files: a FlatBuffer with the identifier {@code TORT} whose root is
 *
 * <pre>
 * table Adapter { format_version:int = 1; adapter_version:int; model_version:int;
 *                 parameters:[Parameter]; }
 * table Parameter { name:string; dims:[int64]; data_type:int; raw_data:[ubyte] (align 8); }
 * </pre>
 *
 * (onnxruntime/lora/adapter_format). Offsets of tables, vectors and strings count forward from
 * where they stand, so everything is written in the order in which it is referred to.
 */
final class AdapterFile {
  private static final byte[] IDENTIFIER = "TORT".getBytes(StandardCharsets.US_ASCII);
  private static final int FORMAT_VERSION = 1;
  private static final int FLOAT = 1;

  /** Of a table with four fields: its own length, that of the table, then where each field is. */
  private static final short[] VTABLE = {12, 20, 4, 8, 12, 16};

  private static final int FIELDS = 4;
  private static final int TABLE_BYTES = 4 * (1 + FIELDS);

  private final ByteBuffer out;

  private AdapterFile(int size) {
    this.out = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Writes a file of these tensors. */
  static void write(Path path, List<AdapterTensor> tensors) throws IOException {
    AdapterFile file = new AdapterFile(size(tensors));
    file.put(tensors);
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      while (file.out.hasRemaining()) {
        channel.write(file.out);
      }
      channel.force(true);
    }
  }

  /** Enough bytes: what is in the file, with the most that alignment may add. */
  private static int size(List<AdapterTensor> tensors) {
    long size = 64;
    for (AdapterTensor tensor : tensors) {
      size += 128L + 4L * tensor.name().length() + 8L * tensor.shape().length;
      size += (long) Float.BYTES * tensor.values().length;
    }
    return Math.toIntExact(size);
  }

  private void put(List<AdapterTensor> tensors) {
    out.putInt(0).put(IDENTIFIER);
    refer(0, startTable());
    int root = out.position() - TABLE_BYTES;
    out.putInt(root + 4, FORMAT_VERSION);
    align(4);
    refer(root + 16, out.position());
    out.putInt(tensors.size());
    int entries = out.position();
    out.position(entries + 4 * tensors.size());
    for (int i = 0; i < tensors.size(); i++) {
      int table = startTable();
      refer(entries + 4 * i, table);
      put(tensors.get(i), table);
    }
    align(8);
    out.flip();
  }

  /** Adds a vtable and an empty table after it; gives the table's position. */
  private int startTable() {
    align(4);
    int vtable = out.position();
    for (short entry : VTABLE) {
      out.putShort(entry);
    }
    int table = out.position();
    out.putInt(table - vtable);
    out.position(table + TABLE_BYTES);
    return table;
  }

  private void put(AdapterTensor tensor, int table) {
    byte[] name = tensor.name().getBytes(StandardCharsets.UTF_8);
    refer(table + 4, out.position());
    out.putInt(name.length).put(name).put((byte) 0);
    startVector(table + 8, tensor.shape().length);
    for (long length : tensor.shape()) {
      out.putLong(length);
    }
    out.putInt(table + 12, FLOAT);
    startVector(table + 16, Float.BYTES * tensor.values().length);
    for (float value : tensor.values()) {
      out.putFloat(value);
    }
  }

  /** Starts a vector whose elements, after its length, begin at a multiple of 8. */
  private void startVector(int reference, int length) {
    while ((out.position() + 4) % 8 != 0) {
      out.put((byte) 0);
    }
    refer(reference, out.position());
    out.putInt(length);
  }

  private void align(int multiple) {
    while (out.position() % multiple != 0) {
      out.put((byte) 0);
    }
  }

  /** Sets the offset at one position to another one. */
  private void refer(int from, int to) {
    out.putInt(from, to - from);
  }
}
