package org.pocketdistill.pipeline.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.pocketdistill.pipeline.config.TrainConfig;
import org.pocketdistill.pipeline.torch.Arguments;
import org.pocketdistill.pipeline.torch.Gradients;
import org.pocketdistill.pipeline.torch.Kernels;

/**
 * Updates parameters from their gradients, which are clipped by their global norm as {@code
 * clip_grad_norm_} does: AdamW for all of them, or Muon for the matrices of the layers and AdamW
 * for the rest.
 *
 * <p>Owns gradients and moments, not the parameters; close it.
 */
public final class Optimizer implements AutoCloseable {
  /** As in {@code clip_grad_norm_}: keeps the factor finite. */
  private static final double CLIP_EPSILON = 1e-6;

  private final double maxGradNorm;
  private final NDManager manager;
  private final Kernels kernels = Kernels.load("Optimizer", Map.of());
  private final List<Slot> slots = new ArrayList<>();
  private final List<UpdateRule> rules;
  private final MasterWeights masters;

  /** An optimiser of the parameters by name, which become leaves with gradients. */
  public Optimizer(TrainConfig config, Map<String, NDArray> parameters) {
    this(config, parameters, MasterWeights.NONE);
  }

  /** An optimiser that updates masters where parameters have them, and fills those anew. */
  public Optimizer(TrainConfig config, Map<String, NDArray> parameters, MasterWeights masters) {
    this.masters = masters;
    List<NDArray> arrays = List.copyOf(parameters.values());
    maxGradNorm = config.maxGradNorm();
    manager = arrays.get(0).getManager().newSubManager();
    List<NDArray> gradients = Gradients.allocate(arrays);
    int i = 0;
    for (Map.Entry<String, NDArray> parameter : parameters.entrySet()) {
      String name = parameter.getKey();
      NDArray trained = masters.masters().getOrDefault(name, parameter.getValue());
      slots.add(new Slot(name, parameter.getValue(), trained, gradients.get(i++)));
    }
    rules = rules(config);
  }

  private List<UpdateRule> rules(TrainConfig config) {
    List<Slot> orthogonal = new ArrayList<>();
    List<Slot> rest = new ArrayList<>();
    boolean muon = config.optimizer() == TrainConfig.OptimizerName.MUON;
    slots.forEach(slot -> (muon && Muon.suits(slot) ? orthogonal : rest).add(slot));
    return List.of(
        new Muon(config, orthogonal, manager, kernels), new AdamW(config, rest, manager, kernels));
  }

  /** Gradient of a parameter; backward passes and closed forms add to it. */
  public NDArray gradient(NDArray parameter) {
    for (Slot slot : slots) {
      if (slot.parameter() == parameter) {
        return slot.gradient();
      }
    }
    throw new IllegalArgumentException("not a trained parameter: " + parameter.getShape());
  }

  /** L2 norm of all gradients together. */
  public double gradientNorm() {
    return norm(gradients());
  }

  /** L2 norm of all parameters together; no finite number if one of them is none. */
  double parameterNorm() {
    return norm(slots.stream().map(Slot::parameter).toList());
  }

  private List<NDArray> gradients() {
    return slots.stream().map(Slot::gradient).toList();
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
    double factor = maxGradNorm > 0 ? Math.min(1, maxGradNorm / (gradientNorm + CLIP_EPSILON)) : 1;
    try (NDManager scope = manager.newSubManager()) {
      for (UpdateRule rule : rules) {
        rule.update(scope, new UpdateRule.Step(step, learningRate, factor));
      }
      kernels.call(scope, "zero", Arguments.of().list(gradients()));
    }
    masters.project();
  }

  /** What is trained, by the parameters' names. */
  Map<String, NDArray> trained() {
    Map<String, NDArray> trained = new LinkedHashMap<>();
    slots.forEach(slot -> trained.put(slot.name(), slot.trained()));
    return trained;
  }

  /** What is kept from step to step, by a name made of its role and the parameter's. */
  Map<String, NDArray> state() {
    Map<String, NDArray> state = new LinkedHashMap<>();
    rules.forEach(rule -> state.putAll(rule.state()));
    return state;
  }

  @Override
  public void close() {
    kernels.close();
    manager.close();
  }

  /**
   * A parameter and the gradient that adds up beside it.
   *
   * @param trained what is updated: the parameter's master, or itself
   */
  record Slot(String name, NDArray parameter, NDArray trained, NDArray gradient) {
    boolean isMatrix() {
      return parameter.getShape().dimension() > 1;
    }
  }
}
