package org.pocketdistill.pipeline.distill;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.Map;
import org.pocketdistill.pipeline.torch.Arguments;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.pipeline.torch.Kernels;

/**
 * Reduces a teacher's logits to its k most probable tokens, in blocks as {@link TokenLoss} does.
 *
 * <p>Owns its kernels; close it.
 */
public final class TopKSelection implements AutoCloseable {
  private final Kernels kernels;
  private final double temperature;
  private final long k;

  /**
   * A selection.
   *
   * @param temperature of the distributions
   * @param k at most the vocabulary's size
   */
  public TopKSelection(double temperature, int k, ComputeDtype teacherDtype) {
    this(temperature, k, teacherDtype, TokenLoss.BLOCK_LOGITS, TokenLoss.SLICE_LOGITS);
  }

  TopKSelection(double temperature, int k, ComputeDtype teacherDtype, int block, int slice) {
    this.temperature = temperature;
    this.k = k;
    this.kernels =
        Kernels.load(
            "Losses",
            Map.of(
                "DTYPE", teacherDtype.scalarType(),
                "TEACHER_DTYPE", teacherDtype.scalarType(),
                "BLOCK", Integer.toString(block),
                "SLICE", Integer.toString(slice),
                "DIVERGENCE", "forward_kl"));
  }

  /** The k most probable tokens at each position. */
  public Teacher.TopK of(NDManager scope, Teacher.Logits logits) {
    NDArray t = scope.create(temperature);
    NDArray count = scope.create(k);
    NDList found =
        kernels.callAll(scope, "top_k", Arguments.of(logits.input(), logits.head(), t, count));
    return new Teacher.TopK(found.get(0), found.get(1), found.get(2));
  }

  @Override
  public void close() {
    kernels.close();
  }
}
