package org.pocketdistill.pipeline.distill;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Values and gradients of the losses against float64 numbers of the originals. */
final class LossGoldenTest {
  private final LossGoldens goldens;

  LossGoldenTest() throws IOException, URISyntaxException {
    goldens =
        new LossGoldens(
            Path.of(LossGoldenTest.class.getResource("/losses/losses.safetensors").toURI()));
  }

  static List<LossGoldens.Kind> kinds() {
    return LossGoldens.KINDS;
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void divergenceAndItsGradientAreThoseOfTheOriginals(LossGoldens.Kind kind) {
    for (int temperature : new int[] {1, 2, 4}) {
      goldens.checkDivergence("v37", temperature, kind);
    }
    goldens.checkDivergence("v1031", 2, kind);
  }

  @Test
  void mixtureWithCrossEntropyIsThatOfTheOriginals() {
    goldens.checkMixture("v37", 1);
    goldens.checkMixture("v37", 4);
  }
}
