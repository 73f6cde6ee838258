package org.pocketdistill.pipeline.calibrate;

import java.util.Arrays;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.quantize.ValueRange;

/** Smallest and largest value and smallest magnitude of each channel of an activation. */
final class ChannelRanges {
  private final LinearInput input;
  private final float[] min;
  private final float[] max;
  private final float[] smallest;

  /** Of an input of a decoder's matrices, before the first value. */
  static ChannelRanges empty(LinearInput input, ModelConfig config) {
    int channels =
        switch (input.place()) {
          case QKV, GATE_UP, HEAD -> config.hiddenSize();
          case OUTPUT -> config.numAttentionHeads() * config.headDim();
          case DOWN -> config.intermediateSize();
        };
    return new ChannelRanges(input, channels);
  }

  private ChannelRanges(LinearInput input, int channels) {
    this.input = input;
    this.min = new float[channels];
    this.max = new float[channels];
    this.smallest = new float[channels];
    Arrays.fill(min, Float.POSITIVE_INFINITY);
    Arrays.fill(max, Float.NEGATIVE_INFINITY);
    Arrays.fill(smallest, Float.POSITIVE_INFINITY);
  }

  /**
   * Takes values in.
   *
   * @param values [tokens × channels]
   * @throws DataException if one is not finite
   */
  void add(float[] values) {
    for (int i = 0; i < values.length; i++) {
      float value = values[i];
      if (!Float.isFinite(value)) {
        throw new DataException(
            "calibration: the %s input of layer %d is %s at position %d, expected finite numbers; check the model's weights"
                .formatted(input.place(), input.layer(), value, i / min.length));
      }
      int channel = i % min.length;
      min[channel] = Math.min(min[channel], value);
      max[channel] = Math.max(max[channel], value);
      smallest[channel] = Math.min(smallest[channel], Math.abs(value));
    }
  }

  int channels() {
    return min.length;
  }

  /** Largest magnitude of each channel. */
  double[] magnitudes() {
    double[] magnitudes = new double[min.length];
    Arrays.setAll(magnitudes, c -> Math.max(Math.abs(min[c]), Math.abs(max[c])));
    return magnitudes;
  }

  /** From the smallest to the largest value of all channels, each divided by its divisor. */
  ValueRange values(double[] divisors) {
    float low = Float.POSITIVE_INFINITY;
    float high = Float.NEGATIVE_INFINITY;
    for (int c = 0; c < min.length; c++) {
      low = Math.min(low, (float) (min[c] / divisors[c]));
      high = Math.max(high, (float) (max[c] / divisors[c]));
    }
    return new ValueRange(low, high);
  }

  /** The smallest magnitude of all channels, each divided by its divisor. */
  float smallestMagnitude(double[] divisors) {
    float low = Float.POSITIVE_INFINITY;
    for (int c = 0; c < min.length; c++) {
      low = Math.min(low, (float) (smallest[c] / divisors[c]));
    }
    return low;
  }
}
