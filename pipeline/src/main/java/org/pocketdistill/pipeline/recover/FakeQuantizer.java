package org.pocketdistill.pipeline.recover;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Map;
import org.pocketdistill.pipeline.torch.Arguments;
import org.pocketdistill.pipeline.torch.Kernels;
import org.pocketdistill.pipeline.torch.Torch;

/**
 * Rounds matrices in memory to what {@link org.pocketdistill.pipeline.quantize.RoundToNearest}'s
 * codes stand for, to the bit but for the sign of zeros.
 */
final class FakeQuantizer implements AutoCloseable {
  private final Kernels kernels = Kernels.load("FakeQuantize", Map.of());

  /**
   * Fills each target with its source rounded. A block that is not finite becomes one that is not.
   *
   * @param targets fp32 matrices, of the shapes of the sources
   */
  void round(NDManager manager, List<NDArray> targets, List<NDArray> sources, BlockGrid grid) {
    try (NDManager scope = manager.newSubManager()) {
      long[] settings = grid.settings();
      kernels.call(
          scope,
          "project",
          Arguments.of()
              .list(targets)
              .list(sources)
              .tensor(Torch.copyOf(scope, settings, new Shape(settings.length))));
    }
  }

  /** Fills each target with its source. */
  void copy(NDManager manager, List<NDArray> targets, List<NDArray> sources) {
    try (NDManager scope = manager.newSubManager()) {
      kernels.call(scope, "reveal", Arguments.of().list(targets).list(sources));
    }
  }

  boolean isFinite(NDManager manager, NDArray matrix) {
    try (NDManager scope = manager.newSubManager()) {
      return kernels.call(scope, "finite", Arguments.of(matrix)).getFloat() == 1;
    }
  }

  @Override
  public void close() {
    kernels.close();
  }
}
