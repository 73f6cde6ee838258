package org.pocketdistill.pipeline.torch;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.nio.ByteBuffer;
import java.util.Map;

/** The PyTorch engine of this process. */
public final class Torch {
  private static final float SILU_GRADIENT_AT_ONE = 0.92767054f;
  private static final float SELF_TEST_TOLERANCE = 1e-6f;
  private static boolean started;

  private Torch() {}

  /**
   * Starts the engine once: no profiling executor, recording off, vector functions chosen, known
   * gradients checked.
   *
   * @throws IllegalStateException if a gradient differs from its known value
   */
  public static synchronized void start() {
    if (started) {
      return;
    }
    started = true;
    Engine.getEngine("PyTorch");
    JniUtils.setGraphExecutorOptimize(false);
    JniUtils.setGradMode(false);
    try (Kernels kernels = Kernels.load("Basics", Map.of())) {
      chooseVectorFunctions(kernels);
      selfTest(kernels);
    }
  }

  /**
   * Calls MKL's vector functions once, on one thread. Each finds the code for this processor when
   * it is first called, and when two threads do that at once, one of them can compute this one call
   * with other code: the first loss of a process then has gradients that differ in the last bits,
   * and so has all that follows.
   */
  private static void chooseVectorFunctions(Kernels kernels) {
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      kernels.call(manager, "vector_functions", Arguments.of(manager.ones(new Shape(1))));
    }
  }

  /** A manager that owns native memory until it is closed. */
  public static NDManager newManager() {
    start();
    return NDManager.newBaseManager("PyTorch");
  }

  /** Seeds the draws of kernels (dropout); everything else draws in Java. */
  public static void seed(long seed) {
    Engine.getEngine("PyTorch").setRandomSeed((int) (seed ^ (seed >>> 32)));
  }

  /** Version of the engine and of libtorch, for provenance. */
  public static String version() {
    return "DJL " + Engine.getDjlVersion() + " PyTorch " + Engine.getEngine("PyTorch").getVersion();
  }

  /** Number of threads of one operation. */
  public static int threads() {
    return JniUtils.getNumThreads();
  }

  /** An fp32 array with memory of its own: DJL's {@code create} only lends Java's buffer. */
  public static NDArray copyOf(NDManager owner, float[] values, Shape shape) {
    try (NDArray lent = owner.create(values, shape)) {
      return lent.duplicate();
    }
  }

  /** An fp32 array with memory of its own, from little-endian bytes. */
  public static NDArray copyOf(NDManager owner, ByteBuffer values, Shape shape) {
    try (NDArray lent = owner.create(values, shape, DataType.FLOAT32)) {
      return lent.duplicate();
    }
  }

  /** An int64 array with memory of its own. */
  public static NDArray copyOf(NDManager owner, long[] values, Shape shape) {
    try (NDArray lent = owner.create(values, shape)) {
      return lent.duplicate();
    }
  }

  private static void selfTest(Kernels kernels) {
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      NDArray x = copyOf(manager, new float[] {1f}, new Shape(1));
      x.setRequiresGradient(true);
      float gradient;
      try (Gradients.Recording recording = Gradients.record()) {
        NDArray y = kernels.call(manager, "scaled_silu", Arguments.of(x));
        // Scalars of kernels must survive the garbage collector until the backward pass.
        System.gc();
        recording.backward(y, manager.ones(y.getShape()));
        gradient = JniUtils.getGradient((PtNDArray) x).getFloat();
      }
      if (!(Math.abs(gradient - 3 * SILU_GRADIENT_AT_ONE) < SELF_TEST_TOLERANCE * 3)) {
        throw new IllegalStateException(
            "self-test: gradient of 3 · silu at 1 is "
                + gradient
                + ", expected "
                + 3 * SILU_GRADIENT_AT_ONE
                + "; this libtorch cannot be trusted for training");
      }
    }
  }
}
