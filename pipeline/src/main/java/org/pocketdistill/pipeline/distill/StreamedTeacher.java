package org.pocketdistill.pipeline.distill;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.pipeline.model.StreamedDecoder;
import org.pocketdistill.pipeline.torch.Torch;

/**
 * A teacher that is read from disk layer by layer, once for a whole block of micro-batches that it
 * is told of ahead. It is opened when it is first needed, and may never be.
 */
public final class StreamedTeacher implements Teacher, AutoCloseable {
  private final Loader loader;
  private final NDManager manager = Torch.newManager();
  private final IdentityHashMap<Batch, NDArray> prepared = new IdentityHashMap<>();
  private Optional<StreamedDecoder> decoder = Optional.empty();

  /** A teacher that is opened in this way. */
  public StreamedTeacher(Loader loader) {
    this.loader = loader;
  }

  /** Opens a model. */
  @FunctionalInterface
  public interface Loader {
    /** The model; the teacher closes it. */
    StreamedDecoder open() throws IOException;
  }

  private StreamedDecoder decoder() {
    if (decoder.isEmpty()) {
      try {
        decoder = Optional.of(loader.open());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return decoder.get();
  }

  @Override
  public void prepare(List<Batch> batches) {
    prepared.values().forEach(NDArray::close);
    prepared.clear();
    if (batches.isEmpty()) {
      return;
    }
    try (NDManager scope = manager.newSubManager()) {
      List<NDArray> states = decoder().forward(scope, batches);
      for (int i = 0; i < batches.size(); i++) {
        long[] positions = batches.get(i).learnedPositions();
        NDArray rows = Torch.copyOf(scope, positions, new Shape(positions.length));
        prepared.put(batches.get(i), decoder().ends().headInput(manager, states.get(i), rows));
      }
    }
  }

  @Override
  public Lesson lesson(NDManager scope, Batch batch, NDArray rows) {
    if (!prepared.containsKey(batch)) {
      prepare(List.of(batch));
    }
    NDArray input = prepared.remove(batch);
    input.attach(scope);
    return new Logits(input, decoder().ends().weights().head());
  }

  @Override
  public void close() {
    manager.close();
    decoder.ifPresent(StreamedDecoder::close);
  }
}
