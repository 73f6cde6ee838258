package org.pocketdistill.pipeline.thermal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.pocketdistill.pipeline.config.ThermalConfig;
import org.pocketdistill.pipeline.config.ThermalConfig.BackoffConfig;
import org.pocketdistill.pipeline.config.ThermalConfig.ThermalBand;

class ThermalGovernorTest {
  private static final ThermalConfig POLICY =
      new ThermalConfig(
          ".*",
          List.of(new ThermalBand(40, 10), new ThermalBand(44, 4)),
          50,
          1,
          0,
          new BackoffConfig(1, 2, 5, 20));

  private final VirtualTicker ticker = new VirtualTicker();
  private OptionalDouble celsius = OptionalDouble.of(30);
  private final ThermalGovernor governor = new ThermalGovernor(POLICY, () -> celsius, ticker);

  private double secondsOf(int tokens) {
    double start = ticker.seconds();
    for (int i = 0; i < tokens; i++) {
      governor.beforeTokens(1);
    }
    return ticker.seconds() - start;
  }

  private void warm(double temperature) {
    celsius = OptionalDouble.of(temperature);
  }

  @Test
  void keepsToTheCeilingOfTheBand() {
    assertThat(secondsOf(100)).as("below the first band").isZero();
    warm(40);
    assertThat(secondsOf(100)).isCloseTo(10, within(1e-6));
    warm(43.9);
    assertThat(secondsOf(10)).isCloseTo(1, within(1e-6));
    warm(44);
    assertThat(secondsOf(8)).isCloseTo(2, within(1e-6));
  }

  @Test
  void countsWhatTheModelTookItself() {
    warm(41);
    governor.beforeTokens(1);
    ticker.pass(0.06);
    governor.beforeTokens(1);
    assertThat(ticker.sleeps()).hasSize(1).first().isEqualTo(0.04);

    ticker.pass(3);
    governor.beforeTokens(1);
    assertThat(ticker.sleeps()).as("slower than the ceiling").hasSize(1);

    governor.beforeTokens(3);
    assertThat(ticker.sleeps()).as("three sequences").hasSize(2).last().isEqualTo(0.3);
  }

  @Test
  void leavesABandOnlyBeyondTheHysteresis() {
    warm(44);
    governor.beforeTokens(1);
    warm(43.1);
    assertThat(secondsOf(4)).isCloseTo(1, within(1e-6));
    warm(42.9);
    assertThat(secondsOf(10)).isCloseTo(1, within(1e-6));
    warm(39.1);
    assertThat(secondsOf(10)).isCloseTo(1, within(1e-6));
    warm(38.9);
    assertThat(secondsOf(10)).isZero();
  }

  @Test
  void pausesLongerAndLongerWhileItIsTooHot() {
    warm(50);
    governor.beforePrompt();

    // 1, 2, 4, then at most 5, until 20 seconds are over
    assertThat(ticker.sleeps()).containsExactly(1.0, 2.0, 4.0, 5.0, 5.0, 3.0);
    assertThat(governor.summary())
        .isEqualTo(new ThermalGovernor.Summary(OptionalDouble.of(50), 20, 1));

    assertThat(secondsOf(8)).as("given up: the last band's ceiling").isCloseTo(2, within(0.3));
    warm(48.9);
    governor.beforeTokens(1);
    warm(50);
    governor.beforePrompt();
    assertThat(governor.summary().pauses()).as("it had cooled down between").isEqualTo(2);
  }

  @Test
  void goesOnAsSoonAsItIsCooler() {
    ThermalGovernor cooling =
        new ThermalGovernor(POLICY, () -> OptionalDouble.of(51 - ticker.seconds() / 2), ticker);

    cooling.beforePrompt();

    // 51 at first, 50.5 after 1 s, 49.5 after 3 s, 47.5 after 7 s
    assertThat(ticker.sleeps()).containsExactly(1.0, 2.0, 4.0);
    assertThat(cooling.celsius()).hasValue(47.5);
    assertThat(cooling.summary().highestCelsius()).hasValue(51);
  }

  @Test
  void holdsNothingBackWhereNothingTells() {
    warm(60);
    governor.beforePrompt();
    celsius = OptionalDouble.empty();
    assertThat(secondsOf(50)).isZero();

    ThermalGovernor blind = new ThermalGovernor(POLICY, OptionalDouble::empty, ticker);
    blind.beforeTokens(1);
    blind.beforeTokens(1);
    assertThat(blind.summary())
        .isEqualTo(new ThermalGovernor.Summary(OptionalDouble.empty(), 0, 0));
  }

  @Test
  void readsNoMoreOftenThanItIsTold() {
    int[] readings = {0};
    ThermalConfig slow = new ThermalConfig(".*", POLICY.bands(), 50, 1, 2, POLICY.backoff());
    ThermalGovernor patient =
        new ThermalGovernor(
            slow,
            () -> {
              readings[0]++;
              return OptionalDouble.of(40);
            },
            ticker);
    for (int i = 0; i < 100; i++) {
      patient.beforeTokens(1);
    }

    assertThat(ticker.seconds()).isCloseTo(9.9, within(1e-6));
    assertThat(readings[0]).as("at 0, 2, 4, 6 and 8 seconds").isEqualTo(5);
  }
}
