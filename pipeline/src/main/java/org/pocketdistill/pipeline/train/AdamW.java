package org.pocketdistill.pipeline.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.pocketdistill.pipeline.config.TrainConfig;
import org.pocketdistill.pipeline.torch.Arguments;
import org.pocketdistill.pipeline.torch.Gradients;
import org.pocketdistill.pipeline.torch.Kernels;

/**
 * AdamW with decoupled weight decay (arXiv 1711.05101) on matrices and none on vectors, gradients
 * clipped by their global norm; equal to {@code torch.optim.AdamW} with {@code clip_grad_norm_}.
 *
 * <p>Owns its moments, not the parameters; close it.
 */
public final class AdamW implements AutoCloseable {
  /** As in {@code clip_grad_norm_}: keeps the factor finite. */
  private static final double CLIP_EPSILON = 1e-6;

  private final TrainConfig config;
  private final NDManager manager;
  private final Kernels kernels = Kernels.load("Optimizer", Map.of());
  private final List<NDArray> parameters;
  private final List<NDArray> gradients;
  private final List<NDArray> firstMoments = new ArrayList<>();
  private final List<NDArray> secondMoments = new ArrayList<>();

  /** An optimiser of the parameters, which become leaves with gradients. */
  public AdamW(TrainConfig config, List<NDArray> parameters) {
    this.config = config;
    this.parameters = List.copyOf(parameters);
    this.manager = parameters.get(0).getManager().newSubManager();
    this.gradients = Gradients.allocate(this.parameters);
    for (NDArray parameter : parameters) {
      firstMoments.add(manager.zeros(parameter.getShape(), DataType.FLOAT32));
      secondMoments.add(manager.zeros(parameter.getShape(), DataType.FLOAT32));
    }
  }

  /** Gradient of a parameter; backward passes and closed forms add to it. */
  public NDArray gradient(NDArray parameter) {
    for (int i = 0; i < parameters.size(); i++) {
      if (parameters.get(i) == parameter) {
        return gradients.get(i);
      }
    }
    throw new IllegalArgumentException("not a trained parameter: " + parameter.getShape());
  }

  /** L2 norm of all gradients together. */
  public double gradientNorm() {
    return norm(gradients);
  }

  /** L2 norm of all parameters together; no finite number if one of them is none. */
  double parameterNorm() {
    return norm(parameters);
  }

  private double norm(List<NDArray> arrays) {
    try (NDManager scope = manager.newSubManager()) {
      return kernels.call(scope, "global_norm", Arguments.of().list(arrays)).getFloat();
    }
  }

  /**
   * Updates the parameters and clears the gradients.
   *
   * @param step number of this step, from 1
   * @param gradientNorm norm before clipping
   */
  public void step(long step, double learningRate, double gradientNorm) {
    double factor = 1;
    if (config.maxGradNorm() > 0) {
      factor = Math.min(1, config.maxGradNorm() / (gradientNorm + CLIP_EPSILON));
    }
    try (NDManager scope = manager.newSubManager()) {
      for (boolean matrices : new boolean[] {true, false}) {
        double decay = matrices ? config.weightDecay() : 0;
        update(scope, matrices, new double[] {learningRate, decay, step, factor});
      }
      kernels.call(scope, "zero", Arguments.of().list(gradients));
    }
  }

  private void update(NDManager scope, boolean matrices, double[] values) {
    List<Integer> group = new ArrayList<>();
    for (int i = 0; i < parameters.size(); i++) {
      if (parameters.get(i).getShape().dimension() > 1 == matrices) {
        group.add(i);
      }
    }
    if (group.isEmpty()) {
      return;
    }
    double[] settings = {
      values[0],
      config.adamBeta1(),
      config.adamBeta2(),
      config.adamEpsilon(),
      values[1],
      values[2],
      values[3]
    };
    kernels.call(
        scope,
        "step",
        Arguments.of()
            .list(pick(parameters, group))
            .list(pick(gradients, group))
            .list(pick(firstMoments, group))
            .list(pick(secondMoments, group))
            .tensor(scope.create(settings, new Shape(settings.length))));
  }

  private static List<NDArray> pick(List<NDArray> arrays, List<Integer> group) {
    return group.stream().map(arrays::get).toList();
  }

  /** First moments in the order of the parameters. */
  List<NDArray> firstMoments() {
    return List.copyOf(firstMoments);
  }

  /** Second moments in the order of the parameters. */
  List<NDArray> secondMoments() {
    return List.copyOf(secondMoments);
  }

  @Override
  public void close() {
    kernels.close();
    manager.close();
  }
}
