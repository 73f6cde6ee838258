package org.pocketdistill.pipeline.onnx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The file beside model.onnx with the tensors' bytes, written front to back. */
final class ExternalDataFile implements AutoCloseable {
  /** Large tensors start on a page, so that a runtime can map them; small ones need not. */
  private static final int PAGE = 4096;

  private static final int SMALL_ALIGNMENT = 64;

  private final Path path;
  private final FileChannel channel;

  /** Where a tensor stands. */
  record Region(String fileName, long offset, long length) {}

  ExternalDataFile(Path path) throws IOException {
    this.path = path;
    this.channel = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  /** Writes a tensor of a known size. */
  Region write(long length, Payload payload) throws IOException {
    int alignment = length >= PAGE ? PAGE : SMALL_ALIGNMENT;
    long gap = Math.floorMod(-channel.position(), (long) alignment);
    writeFully(ByteBuffer.allocate((int) gap));
    long offset = channel.position();
    payload.writeTo(this::writeFully);
    long written = channel.position() - offset;
    if (written != length) {
      throw new IllegalStateException("wrote %d bytes of %d".formatted(written, length));
    }
    return new Region(path.getFileName().toString(), offset, length);
  }

  private void writeFully(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  @Override
  public void close() throws IOException {
    channel.force(true);
    channel.close();
  }

  /** Gives the bytes of a tensor piece by piece. */
  @FunctionalInterface
  interface Payload {
    void writeTo(Sink sink) throws IOException;
  }

  /** Takes bytes. */
  @FunctionalInterface
  interface Sink {
    void write(ByteBuffer bytes) throws IOException;
  }
}
