package org.pocketdistill.pipeline.distill;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
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

  /** Tells what it will be asked next, in any order; who need not know does nothing. */
  default void prepare(List<Batch> batches) throws IOException {}

  /** Makes lasting what it keeps on disk of earlier lessons. */
  default void flush() throws IOException {}

  /** A teacher's next-token distributions at N positions. */
  sealed interface Lesson permits Logits, TopK {}

  /**
   * Distributions over the whole vocabulary, as logits = input · headᵀ that are never all in memory
   * at once.
   *
   * @param input [N, hidden] after the final norm
   * @param head [V, hidden]
   * @param features what is inside the teacher, if the student learns that, too
   */
  record Logits(NDArray input, NDArray head, Optional<FeatureLoss.Inside> features)
      implements Lesson {
    /** Distributions alone. */
    public Logits(NDArray input, NDArray head) {
      this(input, head, Optional.empty());
    }
  }

  /**
   * The k most probable tokens at the temperature of the loss. All others are one more bucket, so
   * that nothing is said of how their mass is shared out, and none of it is lost.
   *
   * @param ids [N, k] int64, the most probable first
   * @param logProbs [N, k] their log-probabilities
   * @param logTail [N] logarithm of the probability of all others together
   */
  record TopK(NDArray ids, NDArray logProbs, NDArray logTail) implements Lesson {}
}
