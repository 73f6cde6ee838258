package org.pocketdistill.pipeline.calibrate;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.config.Int8StaticConfig;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.StoredModel;
import org.pocketdistill.pipeline.model.TensorSource;
import org.pocketdistill.pipeline.quantize.ValueRange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What activations have to be rounded to bytes before a decoder runs.
 *
 * @param smoothing of activations and weights; ranges are those of smoothed activations
 * @param ranges of all inputs of matrices
 */
public record ActivationRanges(Smoothing smoothing, Map<LinearInput, ValueRange> ranges) {
  /** Of a decoder whose activations are not rounded beforehand. */
  public static final ActivationRanges NONE = new ActivationRanges(Smoothing.none(), Map.of());

  private static final Logger LOG = LoggerFactory.getLogger("int8_static");

  /** Of fewer tokens a range says little. */
  private static final int LEAST_TOKENS = 64;

  public ActivationRanges {
    ranges = Map.copyOf(ranges);
  }

  /**
   * Runs tokens through a model: once, and again for histograms, whose bins need the ends of all
   * values. So ranges do not depend on the order of the batches.
   *
   * @throws DataException if there are too few tokens or an activation is not finite
   */
  public static ActivationRanges of(StoredModel model, List<Batch> batches, Int8StaticConfig config)
      throws IOException {
    long tokens = CalibrationTokens.count(batches);
    if (tokens < LEAST_TOKENS) {
      throw new DataException(
          "%s: int8_static has %d tokens to calibrate on, expected at least %d; give more rows, or longer ones"
              .formatted(model.path(), tokens, LEAST_TOKENS));
    }
    LOG.info("ranges of activations on {} tokens", tokens);
    LinearInputs inputs = new LinearInputs(model, batches);
    Map<LinearInput, ChannelRanges> observed = new HashMap<>();
    ModelConfig shape = model.config();
    inputs.forEach(
        (input, values) ->
            observed.computeIfAbsent(input, any -> ChannelRanges.empty(any, shape)).add(values));
    Smoothing smoothing = smoothing(model, observed, config);
    return new ActivationRanges(smoothing, ranges(inputs, observed, smoothing, config));
  }

  private static Smoothing smoothing(
      StoredModel model, Map<LinearInput, ChannelRanges> observed, Int8StaticConfig config)
      throws IOException {
    if (config.smoothQuant().isEmpty()) {
      return Smoothing.none();
    }
    try (TensorSource tensors = model.tensors()) {
      double alpha = config.smoothQuant().get();
      return new SmoothQuant(model.config(), tensors, alpha, observed).smoothing();
    }
  }

  private static Map<LinearInput, ValueRange> ranges(
      LinearInputs inputs,
      Map<LinearInput, ChannelRanges> observed,
      Smoothing smoothing,
      Int8StaticConfig config)
      throws IOException {
    Map<LinearInput, ActivationRange> found = new HashMap<>();
    observed.forEach(
        (input, channels) -> {
          double[] divisors = smoothing.divisors(input, channels.channels());
          found.put(input, ActivationRange.of(config, channels, divisors));
        });
    if (config.calibration() != Int8StaticConfig.Calibration.MINMAX) {
      inputs.forEach((input, values) -> found.get(input).add(values));
    }
    Map<LinearInput, ValueRange> ranges = new HashMap<>();
    found.forEach((input, activation) -> ranges.put(input, activation.range()));
    return ranges;
  }
}
