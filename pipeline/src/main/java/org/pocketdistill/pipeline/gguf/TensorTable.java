package org.pocketdistill.pipeline.gguf;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.pocketdistill.data.DataException;

/** Collects the tensors of a header and checks them, each for itself and all together. */
final class TensorTable {
  private final Path file;
  private final long fileSize;
  private final int alignment;
  private final List<GgufTensor> tensors = new ArrayList<>();
  private final Set<String> names = new HashSet<>();

  TensorTable(Path file, long fileSize, int alignment) {
    this.file = file;
    this.fileSize = fileSize;
    this.alignment = alignment;
  }

  /**
   * Adds a tensor.
   *
   * @param offset of its bytes from the start of all data
   */
  void add(String name, long typeCode, List<Long> shape, long offset) {
    TensorType type =
        TensorType.of(typeCode)
            .orElseThrow(
                () -> bad(name, TensorType.nameOf(typeCode), "one of " + TensorType.supported()));
    GgufTensor tensor = new GgufTensor(name, type, shape, offset);
    if (tensor.columns() % type.blockSize() != 0) {
      throw bad(
          name,
          "rows of %d elements".formatted(tensor.columns()),
          "a multiple of %d for %s".formatted(type.blockSize(), type));
    }
    if (offset < 0 || offset % alignment != 0) {
      throw bad(
          name, "offset " + Long.toUnsignedString(offset), "a multiple of %d".formatted(alignment));
    }
    if (offset > fileSize || byteSize(tensor) > fileSize - offset) {
      throw bad(
          name,
          "%s %s from byte %d of the data".formatted(type, shape, offset),
          "an end within the %d bytes of the file; is it cut off?".formatted(fileSize));
    }
    if (!names.add(name)) {
      throw bad(name, "the name twice", "once");
    }
    tensors.add(tensor);
  }

  private long byteSize(GgufTensor tensor) {
    try {
      return tensor.byteSize();
    } catch (ArithmeticException e) {
      throw bad(tensor.name(), "shape " + tensor.shape(), "a size that fits 63 bits");
    }
  }

  /**
   * The tensors at their places in the file, in the order of the header.
   *
   * @param headerEnd first byte after the header, from where the data start at the next aligned one
   */
  List<GgufTensor> placed(long headerEnd) {
    long dataStart = aligned(headerEnd);
    List<GgufTensor> placed = new ArrayList<>();
    for (GgufTensor tensor : tensors) {
      long position = dataStart + tensor.position();
      placed.add(new GgufTensor(tensor.name(), tensor.type(), tensor.shape(), position));
    }
    checkCover(headerEnd, placed);
    return List.copyOf(placed);
  }

  private void checkCover(long headerEnd, List<GgufTensor> placed) {
    long end = headerEnd;
    List<GgufTensor> byPosition =
        placed.stream().sorted(Comparator.comparingLong(GgufTensor::position)).toList();
    for (GgufTensor tensor : byPosition) {
      if (tensor.position() != aligned(end)) {
        throw bad(
            tensor.name(),
            "data from byte %d of the file".formatted(tensor.position()),
            "%d, the first place after the tensor before: %s"
                .formatted(
                    aligned(end), tensor.position() < end ? "they overlap" : "there is a hole"));
      }
      end = tensor.end();
    }
    if (fileSize < end || fileSize > aligned(end)) {
      throw new DataException(
          "%s: %d bytes long, expected %d by its header%s"
              .formatted(file, fileSize, end, fileSize < end ? "; is it cut off?" : ""));
    }
  }

  private long aligned(long position) {
    return (position + alignment - 1) / alignment * alignment;
  }

  private DataException bad(String tensor, String found, String expected) {
    return new DataException(
        "%s: tensor '%s': %s, expected %s".formatted(file, tensor, found, expected));
  }
}
