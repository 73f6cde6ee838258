package org.pocketdistill.eval.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class BootstrapTest {
  private static final Bootstrap BOOTSTRAP = new Bootstrap(2000, 17);

  @Test
  void drawsAsManyItemsAsThereAre() {
    double[] drawn = BOOTSTRAP.replicates(7, counts -> Arrays.stream(counts).sum());

    assertThat(drawn).hasSize(2000).containsOnly(7);
  }

  @Test
  void drawsAreAFunctionOfSeedAndSize() {
    double[] first = BOOTSTRAP.replicates(9, counts -> counts[0]);

    assertThat(BOOTSTRAP.replicates(9, counts -> counts[0])).containsExactly(first);
    assertThat(new Bootstrap(2000, 18).replicates(9, counts -> counts[0])).isNotEqualTo(first);
  }

  /** sd of a mean of n values drawn from n values = sd(n) / √n; 2000 draws leave 5 %. */
  @Test
  void standardErrorOfAShareIsTheTextbooks() {
    double[] shares = BOOTSTRAP.replicates(400, BootstrapTest::shareOfFirstHundred);

    double expected = Math.sqrt(0.25 * 0.75 / 400);
    assertThat(Bootstrap.stderr(shares)).isBetween(0.95 * expected, 1.05 * expected);
  }

  private static double shareOfFirstHundred(int[] counts) {
    return Arrays.stream(counts, 0, 100).sum() / 400.0;
  }

  @Test
  void percentilesCutTwoAndAHalfPercentOnEachSide() {
    double[] replicates = new double[1001];
    Arrays.setAll(replicates, i -> 1000 - i);

    Interval interval = Bootstrap.percentileInterval(replicates);

    assertThat(interval.low()).isCloseTo(25, within(1e-9));
    assertThat(interval.high()).isCloseTo(975, within(1e-9));
    assertThat(replicates[0]).as("the array stays as it is").isEqualTo(1000);
  }

  @Test
  void pValueIsOneWithoutAnyDifferenceAndNeverZero() {
    assertThat(Bootstrap.pValue(new double[2000])).isEqualTo(1);

    double[] positive = new double[1999];
    Arrays.fill(positive, 0.1);
    assertThat(Bootstrap.pValue(positive)).isEqualTo(0.001);
  }

  @Test
  void refusesNoResamples() {
    assertThatThrownBy(() -> new Bootstrap(0, 1)).hasMessage("resamples 0: expected 1 or more");
  }

  @Test
  void pairedOutcomesHaveToBeOfTheSameItems() {
    assertThatThrownBy(() -> PairedCounts.of(new boolean[2], new boolean[3]))
        .hasMessage("2 outcomes against 3");
  }
}
