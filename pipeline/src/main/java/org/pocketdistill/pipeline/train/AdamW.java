package org.pocketdistill.pipeline.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.pocketdistill.pipeline.config.TrainConfig;
import org.pocketdistill.pipeline.torch.Arguments;
import org.pocketdistill.pipeline.torch.Kernels;

/**
 * AdamW with decoupled weight decay (arXiv 1711.05101) on matrices and none on vectors; equal to
 * {@code torch.optim.AdamW}.
 */
final class AdamW implements UpdateRule {
  private final TrainConfig config;
  private final Kernels kernels;
  private final List<Optimizer.Slot> slots;
  private final Map<String, NDArray> firstMoments = new LinkedHashMap<>();
  private final Map<String, NDArray> secondMoments = new LinkedHashMap<>();

  /** A rule for the slots; moments belong to the manager. */
  AdamW(TrainConfig config, List<Optimizer.Slot> slots, NDManager manager, Kernels kernels) {
    this.config = config;
    this.kernels = kernels;
    this.slots = slots;
    for (Optimizer.Slot slot : slots) {
      Shape shape = slot.parameter().getShape();
      firstMoments.put(slot.name(), manager.zeros(shape, DataType.FLOAT32));
      secondMoments.put(slot.name(), manager.zeros(shape, DataType.FLOAT32));
    }
  }

  @Override
  public void update(NDManager scope, Step step) {
    update(
        scope,
        step,
        slots.stream().filter(Optimizer.Slot::isMatrix).toList(),
        config.weightDecay());
    update(scope, step, slots.stream().filter(slot -> !slot.isMatrix()).toList(), 0);
  }

  private void update(NDManager scope, Step step, List<Optimizer.Slot> group, double decay) {
    if (group.isEmpty()) {
      return;
    }
    double[] settings = {
      step.learningRate(),
      config.adamBeta1(),
      config.adamBeta2(),
      config.adamEpsilon(),
      decay,
      step.number(),
      step.factor()
    };
    List<String> names = group.stream().map(Optimizer.Slot::name).toList();
    kernels.call(
        scope,
        "step",
        Arguments.of()
            .list(group.stream().map(Optimizer.Slot::trained).toList())
            .list(group.stream().map(Optimizer.Slot::gradient).toList())
            .list(names.stream().map(firstMoments::get).toList())
            .list(names.stream().map(secondMoments::get).toList())
            .tensor(scope.create(settings, new Shape(settings.length))));
  }

  @Override
  public Map<String, NDArray> state() {
    Map<String, NDArray> state = new LinkedHashMap<>();
    firstMoments.forEach((name, moment) -> state.put("exp_avg." + name, moment));
    secondMoments.forEach((name, moment) -> state.put("exp_avg_sq." + name, moment));
    return state;
  }
}
