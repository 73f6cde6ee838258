package org.pocketdistill.pipeline.distill;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import org.pocketdistill.batch.Batch;

/** Where the next-token distributions come from that a student learns. */
public interface Teacher {
  /**
   * What it says of a micro-batch, without gradients.
   *
   * @param scope owner of the arrays of the lesson
   * @param rows [N] index of each learned token's position among the batch's tokens
   */
  Lesson lesson(NDManager scope, Batch batch, NDArray rows);

  /** A teacher's next-token distributions at N positions. */
  sealed interface Lesson permits Logits {}

  /**
   * Distributions over the whole vocabulary, as logits = input · headᵀ that are never all in memory
   * at once.
   *
   * @param input [N, hidden] after the final norm
   * @param head [V, hidden]
   */
  record Logits(NDArray input, NDArray head) implements Lesson {}
}
