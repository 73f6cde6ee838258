package org.pocketdistill.pipeline.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class GradientsTest {
  /** Single precision, values around 1. */
  private static final float TOLERANCE = 1e-6f;

  @Test
  void gradientsAddUpInPlaceInTheAllocatedArrays() {
    try (NDManager manager = Torch.newManager();
        Kernels kernels = Kernels.load("Basics", Map.of())) {
      NDArray x = Torch.copyOf(manager, new float[] {1f, -2f}, new Shape(2));
      NDArray gradient = Gradients.allocate(List.of(x)).get(0);
      assertThat(gradient.toFloatArray()).containsExactly(0f, 0f);

      for (int pass = 1; pass <= 2; pass++) {
        try (Gradients.Recording recording = Gradients.record()) {
          NDArray y = kernels.call(manager, "scaled_silu", Arguments.of(x));
          System.gc();
          recording.backward(y, manager.ones(y.getShape()));
        }
        for (int i = 0; i < 2; i++) {
          float value = x.toFloatArray()[i];
          double sigmoid = 1 / (1 + Math.exp(-value));
          double expected = pass * 3 * sigmoid * (1 + value * (1 - sigmoid));
          assertThat(gradient.toFloatArray()[i]).isCloseTo((float) expected, within(TOLERANCE));
        }
      }
    }
  }

  @Test
  void nothingIsRecordedOutsideAScope() {
    try (NDManager manager = Torch.newManager();
        Kernels kernels = Kernels.load("Basics", Map.of())) {
      NDArray x = Torch.copyOf(manager, new float[] {1f}, new Shape(1));
      x.setRequiresGradient(true);

      NDArray y = kernels.call(manager, "scaled_silu", Arguments.of(x));

      assertThat(y.hasGradient()).isFalse();
    }
  }
}
