package org.pocketdistill.pipeline.config;

import java.util.Optional;
import org.pocketdistill.config.Key;

/** How the activations of an int8_static file are rounded, which is settled before it runs. */
public record Int8StaticConfig(
    @Key(
            value =
                "how the range of an activation is found on the training rows; minmax: from the"
                    + " smallest to the largest value; percentile: what that share of its"
                    + " magnitudes lies in; entropy: what tells values apart best",
            defaultValue = "minmax")
        Calibration calibration,
    @Key(
            value = "of calibration percentile: per cent of the magnitudes that are not clipped",
            defaultValue = "99.99",
            min = 50,
            max = 100)
        double percentile,
    @Key(
            value =
                "tokens of training rows to calibrate on, an error if there are fewer; default: up"
                    + " to 16384",
            min = 1)
        Optional<Integer> calibrationTokens,
    @Key(
            value =
                "SmoothQuant's alpha: large activation channels are made smaller, and their weights"
                    + " larger, 0 the least and 1 the most; default: not at all",
            min = 0,
            max = 1)
        Optional<Double> smoothQuant) {
  /** What is taken where a job says nothing. */
  public static final Int8StaticConfig DEFAULT =
      new Int8StaticConfig(Calibration.MINMAX, 99.99, Optional.empty(), Optional.empty());

  /** How a range is found. */
  public enum Calibration {
    MINMAX,
    PERCENTILE,
    ENTROPY
  }
}
