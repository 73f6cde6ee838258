package org.pocketdistill.pipeline.safetensors;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
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
 * Tensors of a safetensors file, or of all shards of a folder. Keeps the files open; close it.
 * Immutable and safe for use from several threads.
 *
 * <p>Two ways to the elements: {@link #bytes} maps a tensor into memory; {@link #floats} reads a
 * part of one into memory of the caller. Whoever goes through a whole file takes the second, since
 * every page of a mapping that was touched counts as memory of the process.
 */
public final class SafetensorsFile implements AutoCloseable {
  private final Path path;
  private final Map<String, String> metadata;
  private final Map<String, StoredTensor> tensors;
  private final List<FileChannel> channels;

  private SafetensorsFile(
      Path path,
      Map<String, String> metadata,
      Map<String, StoredTensor> tensors,
      List<FileChannel> channels) {
    this.path = path;
    this.metadata = Collections.unmodifiableMap(metadata);
    this.tensors = tensors;
    this.channels = channels;
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
    FileChannel channel = FileChannel.open(file);
    try {
      SafetensorsHeader header = SafetensorsHeader.read(file, channel);
      Map<String, StoredTensor> tensors = new LinkedHashMap<>();
      for (Slot slot : header.tensors()) {
        tensors.put(
            slot.info().name(), new StoredTensor(file, slot.info(), channel, slot.position()));
      }
      return new SafetensorsFile(file, header.metadata(), tensors, List.of(channel));
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static SafetensorsFile openShards(Path folder) throws IOException {
    ShardIndex index = ShardIndex.read(folder);
    List<FileChannel> channels = new ArrayList<>();
    SafetensorsFile all = new SafetensorsFile(folder, Map.of(), new LinkedHashMap<>(), channels);
    try {
      for (Entry<String, List<String>> shard : index.shards().entrySet()) {
        SafetensorsFile file = openSingle(folder.resolve(shard.getKey()));
        channels.addAll(file.channels);
        index.check(shard.getKey(), file.names());
        all.tensors.putAll(file.tensors);
      }
      return all;
    } catch (IOException | RuntimeException e) {
      all.close();
      throw e;
    }
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

  /**
   * A read-only little-endian view of the elements, mapped into memory; outlives this object.
   *
   * @throws DataException if it is larger than the 2 GiB of a mapping
   */
  public ByteBuffer bytes(String name) {
    return tensor(name).map();
  }

  /** All elements as floats, whichever floating-point type they are stored in. */
  public float[] floats(String name) {
    float[] values = new float[Math.toIntExact(info(name).elements())];
    floats(name, 0, values);
    return values;
  }

  /** Fills {@code target} with elements from index {@code first} on, as floats. */
  public void floats(String name, long first, float[] target) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(target.length, Float.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    floats(name, first, bytes);
    bytes.asFloatBuffer().get(target);
  }

  /**
   * Fills {@code target}, from position to limit, with elements from index {@code first} on, as
   * little-endian floats; needs no other memory. The position stays.
   *
   * @throws DataException if the tensor is of no floating-point type, or the file was cut off since
   *     it was opened
   */
  public void floats(String name, long first, ByteBuffer target) {
    if (!info(name).dtype().isFloat()) {
      throw bad(info(name), "F32, F16, BF16 or F64");
    }
    tensor(name).floats(first, target.slice().order(ByteOrder.LITTLE_ENDIAN));
  }

  /** All elements of an I64 tensor. */
  public long[] longs(String name) {
    TensorInfo info = info(name);
    if (info.dtype() != Dtype.I64) {
      throw bad(info, "I64");
    }
    long[] values = new long[Math.toIntExact(info.elements())];
    bytes(name).asLongBuffer().get(values);
    return values;
  }

  @Override
  public void close() throws IOException {
    for (FileChannel channel : channels) {
      channel.close();
    }
  }

  private DataException bad(TensorInfo info, String expected) {
    return new DataException(
        "%s: tensor '%s': dtype %s, expected %s"
            .formatted(path, info.name(), info.dtype(), expected));
  }

  private StoredTensor tensor(String name) {
    StoredTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new DataException("%s: tensor '%s' is missing".formatted(path, name));
    }
    return tensor;
  }
}
