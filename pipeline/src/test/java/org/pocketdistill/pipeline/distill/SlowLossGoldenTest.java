package org.pocketdistill.pipeline.distill;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pocketdistill.pipeline.Shared;

/** The losses against the whole file of the originals' numbers. */
@Tag("slow")
final class SlowLossGoldenTest {
  private static final int[] TEMPERATURES = {1, 2, 4};

  private final LossGoldens goldens;

  SlowLossGoldenTest() throws IOException {
    goldens = new LossGoldens(Shared.path("goldens/losses/losses.safetensors"));
  }

  static List<LossGoldens.Kind> kinds() {
    return LossGoldens.KINDS;
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void divergenceAndItsGradientAreThoseOfTheOriginals(LossGoldens.Kind kind) {
    for (int temperature : TEMPERATURES) {
      goldens.checkDivergence("v37", temperature, kind);
      goldens.checkDivergence("v1031", temperature, kind);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"v37", "v1031"})
  void mixtureWithCrossEntropyIsThatOfTheOriginals(String set) {
    for (int temperature : TEMPERATURES) {
      goldens.checkMixture(set, temperature);
    }
  }
}
