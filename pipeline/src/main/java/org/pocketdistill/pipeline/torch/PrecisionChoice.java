package org.pocketdistill.pipeline.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Locale;
import java.util.Map;

/**
 * Precision of matrix products, and why it was taken.
 *
 * @param reason one sentence for the log
 */
public record PrecisionChoice(ComputeDtype dtype, String reason) {
  private static final int SIZE = 768;
  private static final int PRODUCTS = 9;

  /** A processor without bf16 is slow at it, and that shows soon. */
  private static final long ENOUGH_NANOS = 600_000_000;

  /** bf16 must be this much faster, for casts and rounding cost something too. */
  private static final double WORTHWHILE = 1.3;

  /**
   * Times both on this machine, in turns, and takes the faster. The best product of each counts:
   * other work on the machine can only make one slower.
   */
  public static PrecisionChoice measure() {
    try (Kernels kernels = Kernels.load("Basics", Map.of());
        NDManager scope = Torch.newManager()) {
      NDArray fp32 = scope.randomNormal(0, 1, new Shape(SIZE, SIZE), DataType.FLOAT32);
      double single = 0;
      double half = 0;
      long started = System.nanoTime();
      for (int i = 0; i < PRODUCTS && System.nanoTime() - started < ENOUGH_NANOS; i++) {
        single = Math.max(single, gigaflops(kernels, scope, "product_fp32", fp32));
        half = Math.max(half, gigaflops(kernels, scope, "product_bf16", fp32));
      }
      boolean faster = half > WORTHWHILE * single;
      String reason =
          String.format(
              Locale.ROOT,
              "measured: bf16 products %.0f GFLOP/s, fp32 %.0f; bf16 is taken from %.1f times fp32 on",
              half,
              single,
              WORTHWHILE);
      return new PrecisionChoice(faster ? ComputeDtype.BF16 : ComputeDtype.FP32, reason);
    }
  }

  private static double gigaflops(Kernels kernels, NDManager scope, String kernel, NDArray x) {
    long started = System.nanoTime();
    kernels.call(scope, kernel, Arguments.of(x)).close();
    return 2.0 * SIZE * SIZE * SIZE / (System.nanoTime() - started);
  }
}
