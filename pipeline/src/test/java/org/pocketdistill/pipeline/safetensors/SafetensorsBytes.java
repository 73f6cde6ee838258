package org.pocketdistill.pipeline.safetensors;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files made of a header as it is written down, right or wrong. */
final class SafetensorsBytes {
  private SafetensorsBytes() {}

  static Path write(Path folder, String header, byte[] data) throws IOException {
    ByteBuffer start = start(header);
    Path path = folder.resolve("test.safetensors");
    Files.write(
        path, ByteBuffer.allocate(start.remaining() + data.length).put(start).put(data).array());
    return path;
  }

  /** Header length and header, unaligned as the text comes. */
  static ByteBuffer start(String header) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + json.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .flip();
  }
}
