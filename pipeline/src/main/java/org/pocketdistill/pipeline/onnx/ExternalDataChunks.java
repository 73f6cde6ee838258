package org.pocketdistill.pipeline.onnx;

import java.io.IOException;
import java.nio.file.Path;
import org.pocketdistill.pipeline.onnx.ExternalDataFile.Payload;
import org.pocketdistill.pipeline.onnx.ExternalDataFile.Region;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files beside model.onnx with the tensors' bytes: {@code model.onnx.data}, and when that is
 * full {@code model.onnx.data.1}, {@code model.onnx.data.2} and so on. Each tensor says in the
 * graph which file it lies in, so runtimes open the files as they are.
 *
 * <p>ONNX has a tensor in one file. One that is larger than a chunk therefore makes a larger file,
 * which it has for itself; this is logged.
 */
final class ExternalDataChunks implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger("export");

  private final Path first;
  private final String separator;
  private final long chunkBytes;
  private ExternalDataFile current;
  private int count = 1;

  /**
   * Starts the first file; those after it are called {@code FIRST.1} and so on.
   *
   * @param chunkBytes largest size of a file that holds more than one tensor
   */
  ExternalDataChunks(Path first, long chunkBytes) throws IOException {
    this(first, ".", chunkBytes);
  }

  /**
   * Starts the first file.
   *
   * @param separator between its name and the number of those after it
   * @param chunkBytes largest size of a file that holds more than one tensor
   */
  ExternalDataChunks(Path first, String separator, long chunkBytes) throws IOException {
    this.first = first;
    this.separator = separator;
    this.chunkBytes = chunkBytes;
    this.current = new ExternalDataFile(first);
  }

  /** Number of files so far. */
  int count() {
    return count;
  }

  /** Writes a tensor of a known size to where it fits. */
  Region write(long length, Payload payload) throws IOException {
    if (current.sizeWith(0) > 0 && current.sizeWith(length) > chunkBytes) {
      current.close();
      current = new ExternalDataFile(first.resolveSibling(first.getFileName() + separator + count));
      count++;
    }
    Region region = current.write(length, payload);
    if (length > chunkBytes) {
      LOG.info(
          "{}: {} bytes, more than the {} of a chunk: they are one tensor, which ONNX has in one file",
          region.fileName(),
          length,
          chunkBytes);
    }
    return region;
  }

  @Override
  public void close() throws IOException {
    current.close();
  }
}
