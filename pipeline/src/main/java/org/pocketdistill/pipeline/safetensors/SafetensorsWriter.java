package org.pocketdistill.pipeline.safetensors;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * Writes safetensors files, byte for byte as the reference implementation does: tensors sorted by
 * type (widest first, which keeps each aligned), then by name.
 */
public final class SafetensorsWriter {
  private static final int ALIGNMENT = 8;
  private static final Comparator<TensorInfo> ORDER =
      Comparator.comparing(TensorInfo::dtype).reversed().thenComparing(TensorInfo::name);

  private SafetensorsWriter() {}

  /**
   * Writes a file under a temporary name and renames it when it is complete. Tensors are asked for
   * one at a time, so that they need not be in memory together.
   *
   * @param elements gives the little-endian bytes of a tensor, from position to limit
   * @throws IOException naming the file, for example if the disk is full; an older file of the name
   *     stays as it was
   * @throws IllegalArgumentException if a name comes twice or a buffer has not its tensor's size
   */
  public static void write(
      Path file, List<TensorInfo> tensors, Function<TensorInfo, ByteBuffer> elements)
      throws IOException {
    List<TensorInfo> sorted = tensors.stream().sorted(ORDER).toList();
    Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
    try {
      try (FileChannel channel =
          FileChannel.open(
              temporary,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        writeFully(channel, header(sorted));
        for (TensorInfo info : sorted) {
          writeFully(channel, checked(info, elements.apply(info)));
        }
        channel.force(true);
      }
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new IOException(file + " could not be written (" + e.getMessage() + ")", e);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private static ByteBuffer checked(TensorInfo info, ByteBuffer buffer) {
    if (buffer.remaining() != info.byteSize()) {
      throw new IllegalArgumentException(
          "tensor '%s': %d bytes, expected %d for %s %s"
              .formatted(
                  info.name(), buffer.remaining(), info.byteSize(), info.dtype(), info.shape()));
    }
    return buffer.duplicate();
  }

  private static ByteBuffer header(List<TensorInfo> sorted) throws IOException {
    JsonMapper mapper = new JsonMapper();
    ObjectNode json = mapper.createObjectNode();
    json.putObject("__metadata__").put("format", "pt");
    Set<String> names = new HashSet<>(Set.of("__metadata__"));
    long offset = 0;
    for (TensorInfo info : sorted) {
      if (!names.add(info.name())) {
        throw new IllegalArgumentException("tensor name '%s' twice".formatted(info.name()));
      }
      ObjectNode entry = json.putObject(info.name());
      entry.put("dtype", info.dtype().name());
      info.shape().forEach(entry.putArray("shape")::add);
      entry.putArray("data_offsets").add(offset).add(offset + info.byteSize());
      offset += info.byteSize();
    }
    byte[] utf8 = mapper.writeValueAsBytes(json);
    int padded = (utf8.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    byte[] text = Arrays.copyOf(utf8, padded);
    Arrays.fill(text, utf8.length, padded, (byte) ' ');
    return ByteBuffer.allocate(8 + padded)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(padded)
        .put(text)
        .flip();
  }

  private static void writeFully(FileChannel channel, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }
}
