package org.pocketdistill.pipeline.calibrate;

import org.pocketdistill.pipeline.config.Int8StaticConfig;
import org.pocketdistill.pipeline.quantize.EntropyRange;
import org.pocketdistill.pipeline.quantize.Histogram;
import org.pocketdistill.pipeline.quantize.PercentileRange;
import org.pocketdistill.pipeline.quantize.ValueRange;

/** The range of one activation, whose ends are known, by one of the calibrations. */
abstract class ActivationRange {
  private static final double[] NONE = {};

  private final ValueRange values;
  private final double[] divisors;

  private ActivationRange(ValueRange values, double[] divisors) {
    this.values = values;
    this.divisors = divisors;
  }

  /** For channels that are divided by their divisors. */
  static ActivationRange of(Int8StaticConfig config, ChannelRanges channels, double[] divisors) {
    ValueRange values = channels.values(divisors);
    float largest = Math.max(Math.abs(values.min()), Math.abs(values.max()));
    float smallest = channels.smallestMagnitude(divisors);
    return switch (config.calibration()) {
      case MINMAX -> new Whole(values);
      case PERCENTILE ->
          smallest == largest
              ? new Whole(values)
              : new Percentile(values, divisors, smallest, largest, config.percentile());
      case ENTROPY -> largest == 0 ? new Whole(values) : new Entropy(values, divisors, largest);
    };
  }

  /**
   * Takes values of the second pass in.
   *
   * @param activations [tokens × channels], not divided yet
   */
  final void add(float[] activations) {
    for (int i = 0; i < activations.length && divisors.length > 0; i++) {
      count((float) (activations[i] / divisors[i % divisors.length]));
    }
  }

  abstract void count(float value);

  abstract ValueRange range();

  final ValueRange values() {
    return values;
  }

  /** All values. */
  private static final class Whole extends ActivationRange {
    Whole(ValueRange values) {
      super(values, NONE);
    }

    @Override
    void count(float value) {}

    @Override
    ValueRange range() {
      return values();
    }
  }

  /** A share of the magnitudes. */
  private static final class Percentile extends ActivationRange {
    private final Histogram magnitudes;
    private final double percentile;

    Percentile(
        ValueRange values, double[] divisors, float smallest, float largest, double percentile) {
      super(values, divisors);
      this.magnitudes = Histogram.empty(PercentileRange.BINS, smallest, largest);
      this.percentile = percentile;
    }

    @Override
    void count(float value) {
      magnitudes.add(Math.abs(value));
    }

    @Override
    ValueRange range() {
      return PercentileRange.of(magnitudes, values(), percentile);
    }
  }

  /** What tells values apart. */
  private static final class Entropy extends ActivationRange {
    private final Histogram histogram;

    Entropy(ValueRange values, double[] divisors, float largest) {
      super(values, divisors);
      this.histogram = Histogram.empty(EntropyRange.BINS, -largest, largest);
    }

    @Override
    void count(float value) {
      histogram.add(value);
    }

    @Override
    ValueRange range() {
      return EntropyRange.of(histogram, values(), EntropyRange.STEPS);
    }
  }
}
