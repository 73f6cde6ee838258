package org.pocketdistill.pipeline.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Reverse-mode gradients of kernel calls.
 *
 * <p>Recording is off until {@link #record} opens a scope, on the thread that opens it. Gradients
 * add up in place in the arrays that {@link #allocate} returned.
 */
public final class Gradients {
  private Gradients() {}

  /** A scope in which kernel calls record a graph. */
  public static Recording record() {
    JniUtils.setGradMode(true);
    return new Recording();
  }

  /** Turns recording off on this thread; PyTorch has it on in every new one. */
  public static void off() {
    JniUtils.setGradMode(false);
  }

  /**
   * Makes leaves of the parameters and returns their gradients, all zero.
   *
   * <p>libtorch allocates a gradient in the first backward pass and adds to it in place in later
   * ones; a backward pass of 0 · Σ parameters makes the arrays exist at once, so that closed-form
   * gradients can be added to them as well.
   *
   * @return arrays that stay valid as long as the parameters, owned by the parameters' manager
   */
  public static List<NDArray> allocate(List<NDArray> parameters) {
    parameters.forEach(p -> p.setRequiresGradient(true));
    try (Kernels kernels = Kernels.load("Basics", Map.of());
        NDManager scope = parameters.get(0).getManager().newSubManager()) {
      try (Recording recording = record()) {
        NDArray zero = kernels.call(scope, "touch", Arguments.of().list(parameters));
        recording.backward(zero, scope.ones(zero.getShape()));
      }
    }
    List<NDArray> gradients = new ArrayList<>();
    for (NDArray parameter : parameters) {
      NDArray gradient = JniUtils.getGradient((PtNDArray) parameter);
      gradient.attach(parameter.getManager());
      gradients.add(gradient);
    }
    return List.copyOf(gradients);
  }

  /** A copy of an array's handle that no graph leads to; the memory is shared. */
  public static NDArray detach(NDArray array) {
    NDArray detached = array.stopGradient();
    detached.attach(array.getManager());
    return detached;
  }

  /** The gradient that backward passes have left in a leaf. */
  public static NDArray of(NDArray leaf) {
    NDArray gradient = JniUtils.getGradient((PtNDArray) leaf);
    gradient.attach(leaf.getManager());
    return gradient;
  }

  /** An open scope of {@link #record}. */
  public static final class Recording implements AutoCloseable {
    private Recording() {}

    /** Adds the gradient of {@code ⟨output, seed⟩} to every leaf that {@code output} depends on. */
    public void backward(NDArray output, NDArray seed) {
      JniUtils.backward((PtNDArray) output, (PtNDArray) seed, false, false);
    }

    /** Leaves recording off for what follows in this scope, for example a closed-form loss. */
    public void pause() {
      JniUtils.setGradMode(false);
    }

    /** Goes on recording after a {@link #pause}. */
    public void resume() {
      JniUtils.setGradMode(true);
    }

    @Override
    public void close() {
      JniUtils.setGradMode(false);
    }
  }
}
