package org.pocketdistill.pipeline.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.pocketdistill.data.DataException;

class BitAssignmentTest {
  private static final List<LayerSensitivity> LAYERS =
      List.of(
          new LayerSensitivity(0, 0.020, 0.001),
          new LayerSensitivity(1, 0.005, 0.001),
          new LayerSensitivity(2, 0.030, 0.015),
          new LayerSensitivity(3, 0.002, 0.001));

  @Test
  void widensThoseThatGainMostUntilTheDivergenceIsSmallEnough() {
    assertThat(BitAssignment.within(0.057, LAYERS).bits()).containsExactly(4, 4, 4, 4);
    assertThat(BitAssignment.within(0.04, LAYERS).bits()).containsExactly(8, 4, 4, 4);
    BitAssignment two = BitAssignment.within(0.03, LAYERS);
    assertThat(two.bits()).as("layer 2 loses most, and gains less").containsExactly(8, 4, 8, 4);
    assertThat(two.kl()).isCloseTo(0.001 + 0.005 + 0.015 + 0.002, within(1e-12));
    assertThat(two.widened()).isEqualTo(2);
    assertThat(BitAssignment.within(0.0181, LAYERS).widened()).isEqualTo(4);
    assertThatThrownBy(() -> BitAssignment.within(0.01, LAYERS))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("max_kl 0.01: with 8 bits in every layer")
        .hasMessageContaining("1.80e-02");
  }

  @Test
  void widensAsManyAsThePackageHolds() {
    assertThat(BitAssignment.within(12.9, LAYERS, n -> 10_000_000 + 1_000_000L * n).bits())
        .containsExactly(8, 4, 8, 4);
    assertThat(BitAssignment.within(99, LAYERS, n -> n).widened()).isEqualTo(4);
    assertThatThrownBy(() -> BitAssignment.within(9.9, LAYERS, n -> 10_000_000 + n))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("target_mb 9.9: with 4 bits in every layer")
        .hasMessageContaining("about 10.0 MB");
  }
}
