package org.pocketdistill.pipeline.gguf;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.pocketdistill.data.DataException;

/**
 * Metadata of a GGUF file, and what it says of its tensors. Immutable and safe for use from several
 * threads.
 */
public final class GgufFile {
  private static final byte[] MAGIC = "GGUF".getBytes(StandardCharsets.US_ASCII);

  private final Path path;
  private final GgufMetadata metadata;
  private final Map<String, GgufTensor> tensors = new LinkedHashMap<>();

  private GgufFile(Path path, GgufHeader header) {
    this.path = path;
    this.metadata = header.metadata();
    header.tensors().forEach(tensor -> tensors.put(tensor.name(), tensor));
  }

  /**
   * Opens a file.
   *
   * @throws DataException if there is no such file or its header does not hold
   */
  public static GgufFile open(Path path) throws IOException {
    if (!Files.isRegularFile(path)) {
      throw new DataException(path + ": no such file");
    }
    try (FileChannel channel = FileChannel.open(path)) {
      return new GgufFile(path, GgufHeader.read(path, channel));
    }
  }

  /** Whether a path is meant to be, or is, a GGUF file: by its name, or by its first bytes. */
  public static boolean isGguf(Path path) throws IOException {
    if (path.toString().toLowerCase(Locale.ROOT).endsWith(".gguf")) {
      return !Files.isDirectory(path);
    }
    if (!Files.isRegularFile(path)) {
      return false;
    }
    try (var in = Files.newInputStream(path)) {
      return Arrays.equals(in.readNBytes(MAGIC.length), MAGIC);
    }
  }

  /** Path given to {@link #open}. */
  public Path path() {
    return path;
  }

  /** Keys and values. */
  public GgufMetadata metadata() {
    return metadata;
  }

  /** Names in the order of the header. */
  public List<String> names() {
    return List.copyOf(tensors.keySet());
  }

  /** Whether there is a tensor of this name. */
  public boolean contains(String name) {
    return tensors.containsKey(name);
  }

  /** Type, shape and place. */
  public GgufTensor tensor(String name) {
    GgufTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new DataException("%s: tensor '%s' is missing".formatted(path, name));
    }
    return tensor;
  }

  /** Opens the file to read tensors. */
  public GgufData openData() throws IOException {
    return new GgufData(this, FileChannel.open(path));
  }
}
