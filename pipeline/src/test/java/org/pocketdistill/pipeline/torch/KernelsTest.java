package org.pocketdistill.pipeline.torch;

import java.util.Map;
import org.junit.jupiter.api.Test;

final class KernelsTest {
  @Test
  void probe() {
    Kernels.load("Optimizer", Map.of()).close();
    Kernels.load(
            "Losses",
            Map.of("DTYPE", "6", "TEACHER_DTYPE", "6", "SLICE", "262144", "DIVERGENCE", "jsd"))
        .close();
    Kernels.load(
            "Decoder",
            Map.of(
                "DTYPE",
                "6",
                "WINDOW",
                "0",
                "DROPOUT",
                "0.0",
                "QKV_BIAS",
                "False",
                "QK_NORM",
                "False",
                "HEAD_DIM",
                "12",
                "Q_NORM",
                "9",
                "EPS",
                "1.0e-05",
                "SCALE",
                "0.25"))
        .close();
  }
}
