package org.pocketdistill.pipeline.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Numbers of LoadGen and of exact arithmetic; see PROVENANCE.md of the resources. */
class EarlyStoppingTest {
  @ParameterizedTest
  @CsvSource({
    "1, 64, 0.1, 0.00956314971305463",
    "1, 63, 0.1, 0.010480164069100963",
    "3, 100, 0.1, 0.007836487121184399",
    "80, 1024, 0.1, 0.009474368874589896",
    "81, 1024, 0.1, 0.012711356727953628",
    "0, 3, 0.5, 0.125",
    "3, 3, 0.5, 1"
  })
  void sumsTheBinomialDistribution(int t, int n, double q, double expected) {
    assertThat(EarlyStopping.binomialCdf(t, n, q)).isCloseTo(expected, within(1e-13));
  }

  @ParameterizedTest
  @CsvSource({"0.9, 64", "0.95, 130", "0.97, 219", "0.99, 662"})
  void needsAsManyQueriesAsLoadGen(double percentile, int queries) {
    EarlyStopping rule = new EarlyStopping(percentile);

    assertThat(rule.requiredQueries()).isEqualTo(queries);
    assertThat(rule.rankFromTop(queries)).hasValue(1);
    assertThat(rule.rankFromTop(queries - 1)).isEmpty();
    assertThat(rule.rankFromTop(1)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"64, 63", "100, 97", "128, 123", "256, 242", "512, 477", "1024, 944"})
  void boundsWithTheRankOfLoadGen(int queries, int index) {
    assertThat(new EarlyStopping(0.9).rankFromTop(queries)).hasValue(queries - index);
  }

  @Test
  void takesPercentilesWithoutInterpolation() {
    long[] nanos = new long[100];
    Arrays.setAll(nanos, i -> 1_000_000L * (100 - i));

    Distribution times = Distribution.of(nanos, new EarlyStopping(0.9));

    assertThat(times.mean()).isEqualTo(50.5);
    assertThat(times.min()).isEqualTo(1);
    assertThat(times.p50()).as("sorted[50]").isEqualTo(51);
    assertThat(times.p90()).as("sorted[90]").isEqualTo(91);
    assertThat(times.p99()).as("sorted[99]").isEqualTo(100);
    assertThat(times.max()).isEqualTo(100);
    assertThat(times.bound()).as("sorted[97]").contains(98.0);
    assertThat(nanos[0]).as("the caller's array stays").isEqualTo(100_000_000L);
  }

  @Test
  void boundsNothingWithTooFewQueries() {
    Distribution times =
        Distribution.of(new long[] {3_000_000, 1_000_000, 2_000_000}, new EarlyStopping(0.9));

    assertThat(times.bound()).isEmpty();
    assertThat(times.p50()).as("sorted[1]").isEqualTo(2);
    assertThat(times.p90()).as("sorted[2]").isEqualTo(3);
  }
}
