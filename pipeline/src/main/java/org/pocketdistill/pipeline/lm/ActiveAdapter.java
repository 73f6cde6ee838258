package org.pocketdistill.pipeline.lm;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoraAdapter;
import ai.onnxruntime.OrtSession;
import java.nio.file.Files;
import java.nio.file.Path;
import org.pocketdistill.data.DataException;

/** The adapter that a graph runs with, or none. Owns what it loaded; close it. */
final class ActiveAdapter implements AutoCloseable {
  private OrtLoraAdapter adapter;
  private OrtSession.RunOptions options;
  private Path file;

  /**
   * Loads an adapter's file; the runs after this have it.
   *
   * @throws DataException if there is no such file, or ONNX Runtime refuses it
   */
  void use(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new DataException(file + ": no such file, expected an adapter of the package");
    }
    close();
    this.file = file;
    try {
      adapter = OrtLoraAdapter.create(file.toString());
      options = new OrtSession.RunOptions();
      options.addActiveLoraAdapter(adapter);
    } catch (OrtException e) {
      close();
      throw new DataException(file + ": ONNX Runtime cannot load it: " + e.getMessage(), e);
    }
  }

  /** What runs are given; null for nothing. */
  OrtSession.RunOptions options() {
    return options;
  }

  /** What a run that failed is reported as: with an adapter, most likely it is of another graph. */
  RuntimeException failure(OrtException e) {
    return options == null
        ? new IllegalStateException("ONNX Runtime failed: " + e.getMessage(), e)
        : new DataException(file + ": does not fit the graph: " + e.getMessage(), e);
  }

  /** The runs after this have no adapter. */
  @Override
  public void close() {
    if (options != null) {
      options.close();
      options = null;
    }
    if (adapter != null) {
      adapter.close();
      adapter = null;
    }
  }
}
