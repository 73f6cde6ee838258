package org.pocketdistill.pipeline.safetensors;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;
import java.util.TreeMap;
import org.pocketdistill.data.DataException;

/**
 * The checked header of one file: every tensor's bytes are where the header says, one after the
 * other without overlap or hole, and end with the file.
 *
 * @param tensors in the header's order
 * @param metadata the {@code __metadata__} strings, sorted by key
 */
record SafetensorsHeader(List<Slot> tensors, Map<String, String> metadata) {
  /** The reference implementation's own limit. */
  private static final long MAX_HEADER_BYTES = 100_000_000;

  private static final String METADATA = "__metadata__";

  /** Empty tensors come before the one that starts where they do. */
  static final Comparator<Slot> BY_POSITION =
      Comparator.comparingLong(Slot::position).thenComparingLong(Slot::end);

  /** A tensor and the position of its first byte in the file. */
  record Slot(TensorInfo info, long position) {
    long end() {
      return position + info.byteSize();
    }
  }

  static SafetensorsHeader read(Path file, FileChannel channel) throws IOException {
    long fileSize = channel.size();
    if (fileSize < 8) {
      throw new DataException(
          "%s: %d bytes long, too short for a safetensors file".formatted(file, fileSize));
    }
    long length = readFully(channel, 0, 8).getLong();
    if (length < 2 || length > Math.min(MAX_HEADER_BYTES, fileSize - 8)) {
      throw new DataException(
          "%s: header length %s, expected 2 to %d: not a safetensors file, or cut off"
              .formatted(
                  file,
                  Long.toUnsignedString(length),
                  Math.min(MAX_HEADER_BYTES, Math.max(2, fileSize - 8))));
    }
    ObjectNode json = StrictJson.parseObject(file, readFully(channel, 8, (int) length));
    return new Parser(file, 8 + length, fileSize).parse(json);
  }

  private static ByteBuffer readFully(FileChannel channel, long position, int length)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, position + buffer.position()) < 0) {
        throw new IOException("file became shorter while it was read");
      }
    }
    return buffer.flip();
  }

  private record Parser(Path file, long dataStart, long fileSize) {
    SafetensorsHeader parse(ObjectNode json) {
      Map<String, String> metadata = new TreeMap<>();
      List<Slot> slots = new ArrayList<>();
      for (Entry<String, JsonNode> field : json.properties()) {
        if (field.getKey().equals(METADATA)) {
          metadata.putAll(metadata(field.getValue()));
        } else {
          slots.add(slot(field.getKey(), field.getValue()));
        }
      }
      checkCover(slots);
      return new SafetensorsHeader(List.copyOf(slots), metadata);
    }

    private Map<String, String> metadata(JsonNode node) {
      Map<String, String> strings = new LinkedHashMap<>();
      if (!node.isObject()) {
        throw new DataException(file + ": __metadata__: expected an object of strings");
      }
      for (Entry<String, JsonNode> field : node.properties()) {
        if (!field.getValue().isTextual()) {
          throw new DataException(
              "%s: __metadata__: '%s' is %s, expected a string"
                  .formatted(file, field.getKey(), field.getValue()));
        }
        strings.put(field.getKey(), field.getValue().textValue());
      }
      return strings;
    }

    private Slot slot(String name, JsonNode node) {
      if (!node.isObject() || node.size() != 3) {
        throw bad(name, node, "an object with dtype, shape and data_offsets");
      }
      JsonNode dtypeName = node.path("dtype");
      Dtype dtype =
          Dtype.of(dtypeName.asText())
              .orElseThrow(
                  () -> bad(name, "dtype " + dtypeName, "one of " + List.of(Dtype.values())));
      List<Long> shape = numbers(name, "shape", node.path("shape"));
      List<Long> offsets = numbers(name, "data_offsets", node.path("data_offsets"));
      if (offsets.size() != 2 || offsets.get(0) > offsets.get(1)) {
        throw bad(name, "data_offsets " + offsets, "[begin, end] with begin <= end");
      }
      if (offsets.get(1) > fileSize - dataStart) {
        throw bad(
            name,
            "data_offsets " + offsets,
            "an end within the %d bytes of data; is the file cut off?"
                .formatted(fileSize - dataStart));
      }
      TensorInfo info = new TensorInfo(name, dtype, shape);
      checkSize(info, offsets.get(1) - offsets.get(0));
      return new Slot(info, dataStart + offsets.get(0));
    }

    private List<Long> numbers(String name, String key, JsonNode node) {
      if (!node.isArray()) {
        throw bad(name, key + " " + node, "an array of whole numbers");
      }
      List<Long> numbers = new ArrayList<>();
      for (JsonNode element : node) {
        if (!element.isIntegralNumber() || !element.canConvertToLong() || element.longValue() < 0) {
          throw bad(name, key + " " + node, "whole numbers, none negative");
        }
        numbers.add(element.longValue());
      }
      return numbers;
    }

    private void checkSize(TensorInfo info, long bytes) {
      long expected;
      try {
        expected = info.byteSize();
      } catch (ArithmeticException e) {
        throw bad(info.name(), "shape " + info.shape(), "a size that fits 63 bits");
      }
      if (expected != bytes) {
        throw bad(
            info.name(),
            "%d bytes of data".formatted(bytes),
            "%d for %s %s".formatted(expected, info.dtype(), info.shape()));
      }
    }

    private void checkCover(List<Slot> slots) {
      long end = dataStart;
      for (Slot slot : slots.stream().sorted(BY_POSITION).toList()) {
        if (slot.position() != end) {
          throw bad(
              slot.info().name(),
              "data from byte %d of the file".formatted(slot.position()),
              "%d, the end of the tensor before: %s"
                  .formatted(end, slot.position() < end ? "they overlap" : "there is a hole"));
        }
        end = slot.end();
      }
      if (end != fileSize) {
        throw new DataException(
            "%s: %d bytes long, expected %d by its header".formatted(file, fileSize, end));
      }
    }

    private DataException bad(String tensor, Object found, String expected) {
      return new DataException(
          "%s: tensor '%s': %s, expected %s".formatted(file, tensor, found, expected));
    }
  }
}
