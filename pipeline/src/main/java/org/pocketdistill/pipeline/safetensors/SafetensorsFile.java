package org.pocketdistill.pipeline.safetensors;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.safetensors.SafetensorsHeader.Slot;

/**
 * Tensors of a safetensors file, or of all shards of a folder, memory-mapped. Immutable and safe
 * for use from several threads; the mapping lives as long as the object or a buffer of it.
 */
public final class SafetensorsFile {
  private final Path path;
  private final Map<String, String> metadata;
  private final Map<String, Tensor> tensors;

  /** A tensor and its bytes, little-endian. */
  private record Tensor(TensorInfo info, ByteBuffer bytes) {}

  private SafetensorsFile(Path path, Map<String, String> metadata, Map<String, Tensor> tensors) {
    this.path = path;
    this.metadata = Collections.unmodifiableMap(metadata);
    this.tensors = tensors;
  }

  /**
   * Opens a file, or a folder with {@code model.safetensors} or the shards that {@code
   * model.safetensors.index.json} names.
   *
   * @throws DataException if there is no such file or its header does not hold
   */
  public static SafetensorsFile open(Path path) throws IOException {
    if (!Files.isDirectory(path)) {
      return openSingle(path);
    }
    Path single = path.resolve(ShardIndex.SINGLE_FILE);
    if (Files.exists(single)) {
      return openSingle(single);
    }
    return openShards(path);
  }

  private static SafetensorsFile openSingle(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new DataException(file + ": no such file");
    }
    try (FileChannel channel = FileChannel.open(file)) {
      SafetensorsHeader header = SafetensorsHeader.read(file, channel);
      return new SafetensorsFile(file, header.metadata(), map(file, channel, header));
    }
  }

  private static SafetensorsFile openShards(Path folder) throws IOException {
    ShardIndex index = ShardIndex.read(folder);
    LinkedHashMap<String, Tensor> all = new LinkedHashMap<>();
    for (Entry<String, List<String>> shard : index.shards().entrySet()) {
      SafetensorsFile file = openSingle(folder.resolve(shard.getKey()));
      index.check(shard.getKey(), file.names());
      all.putAll(file.tensors);
    }
    return new SafetensorsFile(folder, Map.of(), all);
  }

  /** Maps neighbouring tensors together, since one mapping cannot exceed 2 GiB. */
  private static Map<String, Tensor> map(Path file, FileChannel channel, SafetensorsHeader header)
      throws IOException {
    List<Slot> byPosition = new ArrayList<>(header.tensors());
    byPosition.sort(SafetensorsHeader.BY_POSITION);
    Map<String, ByteBuffer> views = new LinkedHashMap<>();
    int first = 0;
    while (first < byPosition.size()) {
      long start = byPosition.get(first).position();
      int next = first;
      while (next < byPosition.size() && byPosition.get(next).end() - start <= Integer.MAX_VALUE) {
        next++;
      }
      if (next == first) {
        throw new DataException(
            "%s: tensor '%s': %d bytes, at most 2 GiB are supported"
                .formatted(
                    file,
                    byPosition.get(first).info().name(),
                    byPosition.get(first).info().byteSize()));
      }
      long length = byPosition.get(next - 1).end() - start;
      ByteBuffer window = channel.map(MapMode.READ_ONLY, start, length);
      for (Slot slot : byPosition.subList(first, next)) {
        int offset = (int) (slot.position() - start);
        views.put(slot.info().name(), window.slice(offset, (int) slot.info().byteSize()));
      }
      first = next;
    }
    LinkedHashMap<String, Tensor> tensors = new LinkedHashMap<>();
    for (Slot slot : header.tensors()) {
      String name = slot.info().name();
      tensors.put(name, new Tensor(slot.info(), views.get(name)));
    }
    return tensors;
  }

  /** Path given to {@link #open}, or the file chosen in it. */
  public Path path() {
    return path;
  }

  /** Names in the order of the header; of several shards, one after the other by file name. */
  public List<String> names() {
    return List.copyOf(tensors.keySet());
  }

  /** The {@code __metadata__} strings, sorted by key; none for shards. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /** Whether there is a tensor of this name. */
  public boolean contains(String name) {
    return tensors.containsKey(name);
  }

  /** Type and shape. */
  public TensorInfo info(String name) {
    return tensor(name).info();
  }

  /** A read-only little-endian view of the elements. */
  public ByteBuffer bytes(String name) {
    return tensor(name).bytes().duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** All elements as floats, whichever floating-point type they are stored in. */
  public float[] floats(String name) {
    float[] values = new float[bytes(name).capacity() / info(name).dtype().bytes()];
    floats(name, 0, values);
    return values;
  }

  /** Fills {@code target} with elements from index {@code first} on, as floats. */
  public void floats(String name, int first, float[] target) {
    TensorInfo info = info(name);
    if (!info.dtype().isFloat()) {
      throw bad(info, "F32, F16, BF16 or F64");
    }
    FloatCodec.decode(info.dtype(), bytes(name), first, target);
  }

  /** All elements of an I64 tensor. */
  public long[] longs(String name) {
    TensorInfo info = info(name);
    if (info.dtype() != Dtype.I64) {
      throw bad(info, "I64");
    }
    LongBuffer buffer = bytes(name).asLongBuffer();
    long[] values = new long[buffer.remaining()];
    buffer.get(values);
    return values;
  }

  private DataException bad(TensorInfo info, String expected) {
    return new DataException(
        "%s: tensor '%s': dtype %s, expected %s"
            .formatted(path, info.name(), info.dtype(), expected));
  }

  private Tensor tensor(String name) {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new DataException("%s: tensor '%s' is missing".formatted(path, name));
    }
    return tensor;
  }
}
