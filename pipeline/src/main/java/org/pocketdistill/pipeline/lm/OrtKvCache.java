package org.pocketdistill.pipeline.lm;

import java.nio.FloatBuffer;
import java.nio.LongBuffer;

/**
 * Several sequences with their keys and values, outside the heap.
 *
 * <p>Prompts are read row by row, so that no row sees padding and the logits in memory are bounded;
 * then all rows advance together. Owns its tensors; close it.
 */
final class OrtKvCache implements AutoCloseable {
  /** Limit for the logits of one run: longer prompts are read in pieces. */
  private static final int LOGITS_BYTES = 64 << 20;

  private final OrtGraph graph;
  private final KvTensors tensors;
  private final int[] lengths;
  private final int capacity;
  private final int pieceLength;
  private final LongBuffer ids;
  private final FloatBuffer logits;

  /** Receives the logits after a position; the array is used again. */
  @FunctionalInterface
  interface LogitsConsumer {
    void accept(int position, float[] logits);
  }

  OrtKvCache(OrtGraph graph, int rows, int capacity) {
    this(graph, rows, capacity, LOGITS_BYTES / Float.BYTES / graph.config().vocabSize());
  }

  /**
   * A cache of a given piece length.
   *
   * @param pieceLength tokens of a prompt that are read in one run, at least 1
   */
  OrtKvCache(OrtGraph graph, int rows, int capacity, int pieceLength) {
    this.graph = graph;
    this.capacity = capacity;
    this.lengths = new int[rows];
    int longest = graph.fixed().map(FixedShapes::sequence).orElse(capacity);
    this.pieceLength = Math.max(1, Math.min(Math.min(capacity, longest), pieceLength));
    this.tensors = KvTensors.of(graph, rows, capacity, this.pieceLength);
    int inFlight = Math.max(rows, this.pieceLength);
    this.ids = OrtTensors.allocate(8L * inFlight).asLongBuffer();
    this.logits = OrtTensors.allocate(4L * graph.config().vocabSize() * inFlight).asFloatBuffer();
  }

  /** Reads a prompt into a row, replacing what was there. */
  void read(int row, int[] prompt, LogitsConsumer consumer) {
    lengths[row] = 0;
    float[] values = new float[graph.config().vocabSize()];
    for (int first = 0; first < prompt.length; first += pieceLength) {
      int count = Math.min(pieceLength, prompt.length - first);
      for (int i = 0; i < count; i++) {
        ids.put(i, prompt[first + i]);
      }
      lengths[row] = first + count;
      run(row, 1, count);
      for (int i = 0; i < count; i++) {
        logits.get(i * values.length, values);
        consumer.accept(first + i, values);
      }
    }
  }

  /** Appends a token to every row; logits [rows][vocabulary] after it. */
  float[][] advance(int[] tokens) {
    if (tokens.length != lengths.length) {
      throw new IllegalArgumentException(
          "%d tokens for %d rows".formatted(tokens.length, lengths.length));
    }
    for (int row = 0; row < tokens.length; row++) {
      ids.put(row, tokens[row]);
      lengths[row]++;
    }
    run(0, tokens.length, 1);
    float[][] next = new float[tokens.length][graph.config().vocabSize()];
    for (int row = 0; row < next.length; row++) {
      logits.get(row * next[row].length, next[row]);
    }
    return next;
  }

  /** Runs {@code count} tokens of each of some rows, whose lengths include them already. */
  private void run(int firstRow, int rows, int count) {
    KvTensors.Step step = new KvTensors.Step(firstRow, rows, count, lengths, ids, logits);
    if (step.total() > capacity) {
      throw new IllegalStateException("no room: %d tokens were reserved".formatted(capacity));
    }
    tensors.run(step);
  }

  @Override
  public void close() {
    tensors.close();
  }
}
