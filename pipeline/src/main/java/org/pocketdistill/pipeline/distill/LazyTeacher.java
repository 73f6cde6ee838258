package org.pocketdistill.pipeline.distill;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.pipeline.model.Decoder;

/** A live teacher that is loaded when it is first asked, and may never be. */
public final class LazyTeacher implements Teacher, AutoCloseable {
  private final Loader loader;
  private Optional<Decoder> decoder = Optional.empty();

  /** A teacher that is loaded in this way. */
  public LazyTeacher(Loader loader) {
    this.loader = loader;
  }

  /** Reads a model. */
  @FunctionalInterface
  public interface Loader {
    /** The model; the teacher closes it. */
    Decoder load() throws IOException;
  }

  private void load() throws IOException {
    if (decoder.isEmpty()) {
      decoder = Optional.of(loader.load());
    }
  }

  @Override
  public Lesson lesson(NDManager scope, Batch batch, NDArray rows) {
    try {
      load();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new LiveTeacher(decoder.orElseThrow()).lesson(scope, batch, rows);
  }

  @Override
  public void close() {
    decoder.ifPresent(Decoder::close);
  }
}
