package org.pocketdistill.pipeline.onnx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A file beside model.onnx with tensors' bytes, written front to back. */
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
    writeFully(ByteBuffer.allocate((int) gap(length)));
    long offset = channel.position();
    payload.writeTo(this::writeFully);
    long written = channel.position() - offset;
    if (written != length) {
      throw new IllegalStateException("wrote %d bytes of %d".formatted(written, length));
    }
    return new Region(path.getFileName().toString(), offset, length);
  }

  /** Size of the file if a tensor of this length is added. */
  long sizeWith(long length) throws IOException {
    return channel.position() + gap(length) + length;
  }

  /** Zeros before a tensor of this length. */
  private long gap(long length) throws IOException {
    int alignment = length >= PAGE ? PAGE : SMALL_ALIGNMENT;
    return Math.floorMod(-channel.position(), (long) alignment);
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
