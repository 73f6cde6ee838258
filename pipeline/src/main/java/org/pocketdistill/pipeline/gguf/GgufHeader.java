package org.pocketdistill.pipeline.gguf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.pocketdistill.data.DataException;

/**
 * The checked header of one file: metadata, and tensors whose bytes are where the header says, each
 * at the first aligned place after the one before, the last at the end of the file.
 */
record GgufHeader(GgufMetadata metadata, List<GgufTensor> tensors) {
  /** The largest vocabularies take about 20 MB. */
  private static final long MAX_BYTES = 100_000_000;

  private static final int MAGIC_BYTES = 4;
  private static final int LEAST_KEY_BYTES = 8 + 4 + 1;
  private static final int LEAST_TENSOR_BYTES = 8 + 4 + 8 + 4 + 8;
  private static final int LONGEST_NAME = 64;
  private static final int LONGEST_KEY = 65_535;

  static GgufHeader read(Path file, FileChannel channel) throws IOException {
    long size = channel.size();
    if (size < MAGIC_BYTES + 4 + 8 + 8) {
      throw new DataException("%s: %d bytes long, too short for a GGUF file".formatted(file, size));
    }
    ByteBuffer start = channel.map(MapMode.READ_ONLY, 0, Math.min(size, MAX_BYTES));
    return new Parser(file, size, start).parse();
  }

  private static final class Parser {
    private final Path file;
    private final long fileSize;
    private final ByteBuffer start;
    private final GgufCursor cursor;

    Parser(Path file, long fileSize, ByteBuffer start) {
      this.file = file;
      this.fileSize = fileSize;
      this.start = start;
      this.cursor = new GgufCursor(file, start.slice(MAGIC_BYTES, start.limit() - MAGIC_BYTES));
    }

    GgufHeader parse() {
      checkMagic();
      checkVersion();
      int tensorCount = cursor.count("tensors", LEAST_TENSOR_BYTES);
      int keyCount = cursor.count("metadata keys", LEAST_KEY_BYTES);
      GgufMetadata metadata = metadata(keyCount);
      refuseSplit(metadata);
      TensorTable table = new TensorTable(file, fileSize, alignment(metadata));
      for (int i = 0; i < tensorCount; i++) {
        tensor(table, i);
      }
      return new GgufHeader(metadata, table.placed((long) MAGIC_BYTES + cursor.position()));
    }

    private void checkMagic() {
      byte[] magic = new byte[MAGIC_BYTES];
      start.get(0, magic);
      String text = new String(magic, StandardCharsets.ISO_8859_1);
      switch (text) {
        case "GGUF" -> {}
        case "tjgg", "fmgg", "lmgg", "algg" ->
            throw new DataException(
                file + ": a GGML file from before GGUF; convert the model anew with llama.cpp");
        default ->
            throw new DataException(
                "%s: begins with '%s', expected GGUF".formatted(file, GgufCursor.excerpt(text)));
      }
    }

    private void checkVersion() {
      cursor.reading("the version");
      long version = cursor.uint32();
      if (version != 0 && (version & 0xffff) == 0) {
        throw cursor.bad(
            "%d in big-endian order".formatted(Integer.reverseBytes((int) version)),
            "a little-endian file");
      }
      if (version != 2 && version != 3) {
        throw cursor.bad(Long.toString(version), "2 or 3; convert the model anew with llama.cpp");
      }
      cursor.reading("the header");
    }

    private GgufMetadata metadata(int count) {
      Map<String, Object> values = new LinkedHashMap<>();
      for (int i = 0; i < count; i++) {
        cursor.reading("metadata key " + i);
        String key = cursor.name(LONGEST_KEY);
        cursor.reading(GgufMetadata.what(key));
        Object value = cursor.value(cursor.type());
        if (values.putIfAbsent(key, value) != null) {
          throw cursor.bad("the key twice", "once");
        }
      }
      return new GgufMetadata(file, values);
    }

    private static void refuseSplit(GgufMetadata metadata) {
      if (metadata.whole("split.count").orElse(1) > 1) {
        throw metadata.bad(
            "split.count", "1: a model in several files; join them with llama-gguf-split --merge");
      }
    }

    private static int alignment(GgufMetadata metadata) {
      String key = "general.alignment";
      long alignment = metadata.whole(key).orElse(32);
      if (alignment < 1 || alignment > 1 << 30 || Long.bitCount(alignment) != 1) {
        throw metadata.bad(key, "a power of two");
      }
      return (int) alignment;
    }

    private void tensor(TensorTable table, int index) {
      cursor.reading("tensor " + index);
      String name = cursor.name(LONGEST_NAME);
      cursor.reading("tensor '" + name + "'");
      long dimensions = cursor.uint32();
      if (dimensions < 1 || dimensions > 4) {
        throw cursor.bad(dimensions + " dimensions", "1 to 4");
      }
      List<Long> shape = new ArrayList<>();
      for (int i = 0; i < dimensions; i++) {
        long length = cursor.uint64();
        if (length < 1) {
          throw cursor.bad("a length of " + Long.toUnsignedString(length), "1 to 2^63 - 1");
        }
        shape.add(0, length);
      }
      long type = cursor.uint32();
      long offset = cursor.uint64();
      table.add(name, type, shape, offset);
    }
  }
}
