package org.pocketdistill.pipeline.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.pocketdistill.pipeline.config.TrainConfig;
import org.pocketdistill.pipeline.torch.Arguments;
import org.pocketdistill.pipeline.torch.Kernels;

/**
 * Muon (Jordan et al. 2024): the momentum of a matrix is made nearly orthogonal by five
 * Newton-Schulz steps before it is applied, so that all its directions move alike:
 *
 * <pre>
 * m ← 0.95 m + 0.05 g;   u = 0.05 g + 0.95 m (Nesterov);   X = u / ‖u‖
 * five times: A = X Xᵀ;  X ← 3.4445 X + (−4.775 A + 2.0315 A²) X
 * p ← p (1 − lr wd) − lr 0.2 √max(rows, columns) X
 * </pre>
 *
 * The last factor gives updates the size of AdamW's, so that both share a learning rate (arXiv
 * 2502.16982). Equal to {@code torch.optim.Muon} with {@code adjust_lr_fn="match_rms_adamw"} in
 * fp32.
 */
final class Muon implements UpdateRule {
  private final TrainConfig config;
  private final Kernels kernels;
  private final Collection<List<Optimizer.Slot>> groups;
  private final Map<String, NDArray> momenta = new LinkedHashMap<>();

  /** A rule for the slots; moments belong to the manager. */
  Muon(TrainConfig config, List<Optimizer.Slot> slots, NDManager manager, Kernels kernels) {
    this.config = config;
    this.kernels = kernels;
    // matrices of one shape are multiplied in one batch
    groups =
        slots.stream()
            .collect(
                Collectors.groupingBy(
                    slot -> slot.parameter().getShape(), LinkedHashMap::new, Collectors.toList()))
            .values();
    for (Optimizer.Slot slot : slots) {
      Shape shape = slot.parameter().getShape();
      momenta.put(slot.name(), manager.zeros(shape, DataType.FLOAT32));
    }
  }

  /** Matrices of the layers; tables of tokens are no linear maps. */
  static boolean suits(Optimizer.Slot slot) {
    return slot.isMatrix() && slot.name().contains(".layers.");
  }

  @Override
  public void update(NDManager scope, Step step) {
    double[] settings = {step.learningRate(), config.weightDecay(), step.factor()};
    for (List<Optimizer.Slot> group : groups) {
      kernels.call(
          scope,
          "muon",
          Arguments.of()
              .list(group.stream().map(Optimizer.Slot::trained).toList())
              .list(group.stream().map(Optimizer.Slot::gradient).toList())
              .list(group.stream().map(slot -> momenta.get(slot.name())).toList())
              .tensor(scope.create(settings, new Shape(settings.length))));
    }
  }

  @Override
  public Map<String, NDArray> state() {
    Map<String, NDArray> state = new LinkedHashMap<>();
    momenta.forEach((name, momentum) -> state.put("momentum_buffer." + name, momentum));
    return state;
  }
}
