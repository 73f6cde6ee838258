package org.pocketdistill.pipeline.model;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Weights by their Hugging Face names, whatever they are stored in, read one row at a time; close
 * it.
 */
public interface TensorSource extends AutoCloseable {
  /** The file or folder, for messages. */
  Path path();

  /** All names, in the order of the file. */
  List<String> names();

  /** Lengths of the dimensions, outermost first. */
  List<Long> shape(String name);

  /** Opens a tensor; a vector is one row. Not to be used once this is closed. */
  Rows rows(String name);

  @Override
  void close() throws IOException;

  /** Rows of one tensor. Not safe for use from several threads: each takes a copy. */
  interface Rows {
    /** Fills {@code target} with a row. */
    void read(int row, float[] target);

    /** The same rows for another thread. */
    Rows copy();
  }
}
