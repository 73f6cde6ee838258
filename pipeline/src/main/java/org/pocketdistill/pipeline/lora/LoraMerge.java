package org.pocketdistill.pipeline.lora;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.Map;
import org.pocketdistill.pipeline.model.WeightLayout;
import org.pocketdistill.pipeline.model.Weights;
import org.pocketdistill.pipeline.torch.Arguments;
import org.pocketdistill.pipeline.torch.Kernels;

/**
 * Merges parts of an adapter into a model's weights, in place, in fp32. Close it.
 *
 * <p>An adapter on the embedding, or a head of its own, parts the two in a model whose embedding
 * serves as head: only one of them is changed while the adapter is apart.
 */
final class LoraMerge implements AutoCloseable {
  private final Weights weights;
  private final Kernels kernels = Kernels.load("Basics", Map.of());
  private final NDManager scope;

  LoraMerge(Weights weights) {
    this.weights = weights;
    this.scope = weights.manager().newSubManager();
  }

  /**
   * W ← W + scale · B A, or m / ‖W + scale · B A‖ · (W + scale · B A).
   *
   * @param arrays A, B, scale and m; m is empty without DoRA
   */
  void projection(String path, List<NDArray> arrays) {
    boolean dora = arrays.get(3).size() > 0;
    NDArray matrix = weights.get(path + ".weight");
    call(dora ? "merge_magnitude" : "merge", matrix, dora ? arrays : arrays.subList(0, 3));
  }

  /**
   * W ← W + scale · (B A)ᵀ.
   *
   * @param arrays A, B and scale
   */
  void embedding(List<NDArray> arrays) {
    weights.untie();
    call("merge_embedding", weights.get(WeightLayout.EMBEDDING), arrays);
  }

  private void call(String kernel, NDArray matrix, List<NDArray> arrays) {
    Arguments arguments = Arguments.of(matrix);
    arrays.forEach(arguments::tensor);
    kernels.call(scope, kernel, arguments).close();
  }

  /** The model's head becomes a copy of this. */
  void head(NDArray head) {
    NDArray copy = head.duplicate();
    copy.attach(weights.manager());
    weights.useHead(copy);
  }

  @Override
  public void close() {
    scope.close();
    kernels.close();
  }
}
