package org.pocketdistill.eval.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Numbers of scipy, statsmodels and lm-evaluation-harness; see PROVENANCE.md beside the file. */
class GoldenStatisticsTest {
  private static final double RATIO = 1e-9;
  private static final double P_OR_INTERVAL = 1e-6;
  private static JsonNode golden;

  @BeforeAll
  static void read() throws IOException {
    try (InputStream in = GoldenStatisticsTest.class.getResourceAsStream("statistics.json")) {
      golden = new ObjectMapper().readTree(in);
    }
  }

  @Test
  void pairedCountsAgree() {
    assertThat(golden.path("paired_binary")).hasSize(10);
    for (JsonNode row : golden.path("paired_binary")) {
      PairedCounts counts =
          new PairedCounts(
              row.path("both_right").intValue(),
              row.path("only_first_right").intValue(),
              row.path("only_second_right").intValue(),
              row.path("both_wrong").intValue());

      assertThat(counts.n()).isEqualTo(row.path("n").intValue());
      assertThat(counts.difference()).isCloseTo(row.path("difference").asDouble(), within(RATIO));
      assertThat(counts.mcNemarExact())
          .isCloseTo(row.path("mcnemar_exact_p").asDouble(), within(P_OR_INTERVAL));
      assertInterval(counts.differenceInterval(), row.path("agresti_min_95"));
    }
  }

  @Test
  void wilsonIntervalsAgree() {
    assertThat(golden.path("proportion_intervals")).hasSize(10);
    for (JsonNode row : golden.path("proportion_intervals")) {
      assertInterval(
          Proportions.wilson(row.path("k").intValue(), row.path("n").intValue()),
          row.path("wilson"));
    }
  }

  @Test
  void standardErrorsOfMeansAgree() {
    for (JsonNode row : golden.path("means")) {
      assertThat(Proportions.stderrOfMean(values(row.path("x"))))
          .isCloseTo(row.path("lm_eval_mean_stderr_x").asDouble(), within(RATIO));
    }
  }

  /**
   * The percentile bootstrap has no Student factor and no Bessel correction, so on 12 and on 30
   * pairs it comes out narrower; by a quarter at most.
   */
  @Test
  void bootstrapOfMeanDifferenceIsNearTheTInterval() {
    for (int i = 1; i < golden.path("means").size(); i++) {
      JsonNode row = golden.path("means").path(i);
      double[] x = values(row.path("x"));
      double[] y = values(row.path("y"));
      double[] replicates =
          new Bootstrap(4000, 17)
              .replicates(x.length, w -> weightedMean(x, w) - weightedMean(y, w));
      Interval interval = Bootstrap.percentileInterval(replicates);
      double low = row.path("ci_95").path(0).asDouble();
      double high = row.path("ci_95").path(1).asDouble();

      assertThat(interval.high() - interval.low())
          .isBetween(0.75 * (high - low), 1.05 * (high - low));
      assertThat((interval.high() + interval.low()) / 2)
          .isCloseTo(row.path("mean_difference").asDouble(), within(0.1 * (high - low)));
      assertThat(Bootstrap.pValue(replicates)).isCloseTo(row.path("p").asDouble(), within(0.05));
    }
  }

  private static double weightedMean(double[] values, int[] weights) {
    double sum = 0;
    for (int i = 0; i < values.length; i++) {
      sum += weights[i] * values[i];
    }
    return sum / Arrays.stream(weights).sum();
  }

  private static double[] values(JsonNode array) {
    double[] values = new double[array.size()];
    Arrays.setAll(values, i -> array.path(i).asDouble());
    return values;
  }

  private static void assertInterval(Interval interval, JsonNode expected) {
    assertThat(interval.low()).isCloseTo(expected.path(0).asDouble(), within(P_OR_INTERVAL));
    assertThat(interval.high()).isCloseTo(expected.path(1).asDouble(), within(P_OR_INTERVAL));
  }
}
