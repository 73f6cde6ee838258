package org.pocketdistill.pipeline.lm;

import java.nio.FloatBuffer;
import java.nio.LongBuffer;

/** Keys and values of several rows, and how a graph takes and gives them. Owns them; close it. */
sealed interface KvTensors extends AutoCloseable permits SharedKvTensors, SeparateKvTensors {
  /** Tensors for a graph; {@code pieceLength} is the most tokens of one row in one run. */
  static KvTensors of(OrtGraph graph, int rows, int capacity, int pieceLength) {
    return graph.config().sharedCache()
        ? new SharedKvTensors(graph, rows, capacity)
        : new SeparateKvTensors(graph, rows, capacity, pieceLength);
  }

  /**
   * Tokens for some rows, one after the other.
   *
   * @param firstRow and {@code rows} after it are run
   * @param count new tokens of each
   * @param lengths of all rows, new tokens included
   * @param ids [rows × count]
   * @param logits [rows × count × vocabulary], which a run fills
   */
  record Step(
      int firstRow, int rows, int count, int[] lengths, LongBuffer ids, FloatBuffer logits) {
    /** Length of the longest of the rows, new tokens included. */
    int total() {
      int total = 0;
      for (int row = firstRow; row < firstRow + rows; row++) {
        total = Math.max(total, lengths[row]);
      }
      return total;
    }
  }

  /** Runs the graph. */
  void run(Step step);

  @Override
  void close();
}
