package org.pocketdistill.pipeline.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.pocketdistill.pipeline.quantize.StaticInt8Goldens.Result;

/** Ranges of values against those of ONNX Runtime's calibrators. */
class ValueRangeTest {
  /** Relative, of the goldens: thresholds are edges of the histogram that is given. */
  private static final float EDGE = 1e-6f;

  private static final ValueRange VALUES = StaticInt8Goldens.minMax();

  private static Stream<Result> results(Predicate<Result> which) {
    List<Result> results = StaticInt8Goldens.results().stream().filter(which).toList();
    assertThat(results).isNotEmpty();
    return results.stream();
  }

  static Stream<Result> all() {
    return results(result -> true);
  }

  @ParameterizedTest
  @MethodSource("all")
  void hasTheGridOfOnnxRuntimesQuantizer(Result golden) {
    float[] range = golden.range();

    assertThat(new ValueRange(range[0], range[1]).grid()).isEqualTo(golden.grid());
  }

  @Test
  void minMaxIsThatOfTheOriginal() {
    results(result -> result.isFirst("minmax"))
        .forEach(
            golden ->
                assertThat(new float[] {VALUES.min(), VALUES.max()}).isEqualTo(golden.range()));
  }

  static Stream<Result> percentiles() {
    return results(result -> result.isFirst("percentile"));
  }

  @ParameterizedTest
  @MethodSource("percentiles")
  void percentileIsThatOfTheOriginal(Result golden) {
    double percentile = golden.option("percentile", 99.999);

    assertClose(PercentileRange.of(golden.histogram(), VALUES, percentile), golden);
    if (golden.isOfAllBatchesAtOnce()) {
      Histogram own = Histogram.empty((int) golden.option("num_bins", 2048), smallest(), largest());
      StaticInt8Goldens.batches().forEach(batch -> addMagnitudes(own, batch));
      assertSame(own, golden.histogram());
      assertClose(PercentileRange.of(own, VALUES, percentile), golden);
    }
  }

  private static void addMagnitudes(Histogram histogram, float[] batch) {
    for (float value : batch) {
      histogram.add(Math.abs(value));
    }
  }

  static Stream<Result> entropies() {
    return results(result -> result.isFirst("entropy"));
  }

  @ParameterizedTest
  @MethodSource("entropies")
  void entropyIsThatOfTheOriginal(Result golden) {
    int steps = (int) golden.option("num_quantized_bins", 128);

    assertClose(EntropyRange.of(golden.histogram(), VALUES, steps), golden);
    if (golden.isOfAllBatchesAtOnce()) {
      int bins = (int) golden.option("num_bins", 128);
      Histogram own = Histogram.empty(bins, -largest(), largest());
      for (float[] batch : StaticInt8Goldens.batches()) {
        for (float value : batch) {
          own.add(value);
        }
      }
      assertSame(own, golden.histogram());
      assertClose(EntropyRange.of(own, VALUES, steps), golden);
    }
  }

  private static float largest() {
    return Math.max(-VALUES.min(), VALUES.max());
  }

  private static float smallest() {
    float smallest = Float.POSITIVE_INFINITY;
    for (float[] batch : StaticInt8Goldens.batches()) {
      for (float value : batch) {
        smallest = Math.min(smallest, Math.abs(value));
      }
    }
    return smallest;
  }

  private static void assertSame(Histogram own, Histogram golden) {
    assertThat(own.edges()).containsExactly(golden.edges());
    assertThat(own.counts()).containsExactly(golden.counts());
  }

  private static void assertClose(ValueRange found, Result golden) {
    float[] expected = golden.range();
    assertThat(found.min()).isCloseTo(expected[0], within(EDGE * Math.abs(expected[0])));
    assertThat(found.max()).isCloseTo(expected[1], within(EDGE * Math.abs(expected[1])));
  }

  @ParameterizedTest
  @CsvSource({"0, 0, 1, 0", "2, 255, 1, 0", "-255, -3, 1, 255", "-1, 254, 1, 1"})
  void aGridHoldsZero(float min, float max, float scale, int zeroPoint) {
    assertThat(new ValueRange(min, max).grid()).isEqualTo(new ByteGrid(scale, zeroPoint));
  }

  @Test
  void valuesFarFromZeroKeepTheirRange() {
    Histogram histogram = Histogram.empty(EntropyRange.BINS, -6, 6);
    for (int i = 0; i < 1000; i++) {
      histogram.add(5 + i / 1000f);
    }
    ValueRange values = new ValueRange(5, 5.999f);

    ValueRange found = EntropyRange.of(histogram, values, EntropyRange.STEPS);

    assertThat(found.max()).isBetween(found.min(), values.max());
    assertThatThrownBy(() -> new ValueRange(1, 0)).isInstanceOf(IllegalArgumentException.class);
  }
}
