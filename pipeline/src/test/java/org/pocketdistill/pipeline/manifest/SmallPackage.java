package org.pocketdistill.pipeline.manifest;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** A package of a few files with known contents, which need not be a model. */
final class SmallPackage {
  static final String FIRST = "model.onnx.data";
  static final String SECOND = "model.onnx.data.1";
  static final String THIRD = "model.onnx.data.2";
  static final String BELOW = "templates/tool.jinja";

  private SmallPackage() {}

  /** Chunks of 5,000, 5,000 and 3,000 bytes, a file in a folder, and an empty one. */
  static PackageManifest write(Path folder) throws IOException {
    Files.createDirectories(folder.resolve(BELOW).getParent());
    Files.write(folder.resolve(FIRST), bytes(1, 5000));
    Files.write(folder.resolve(SECOND), bytes(2, 5000));
    Files.write(folder.resolve(THIRD), bytes(3, 3000));
    Files.writeString(folder.resolve(BELOW), "{{ tools }}", StandardCharsets.UTF_8);
    Files.createFile(folder.resolve("merges.txt"));
    PackageManifest manifest =
        PackageManifest.of(folder, Map.of("model", "small", "precision", "int8"));
    manifest.write(folder);
    return manifest;
  }

  static byte[] bytes(int seed, int count) {
    byte[] bytes = new byte[count];
    for (int i = 0; i < count; i++) {
      bytes[i] = (byte) (i * (2 * seed + 1) + i / 256);
    }
    return bytes;
  }

  static void flipBit(Path file, int position) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[position] ^= 4;
    Files.write(file, bytes);
  }
}
