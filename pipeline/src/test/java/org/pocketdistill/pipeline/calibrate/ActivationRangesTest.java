package org.pocketdistill.pipeline.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.Checkpoints;
import org.pocketdistill.pipeline.calibrate.LinearInput.Place;
import org.pocketdistill.pipeline.calibrate.ScaledTensors.Factors;
import org.pocketdistill.pipeline.config.Int8StaticConfig;
import org.pocketdistill.pipeline.lm.TorchDecoder;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.StoredModel;
import org.pocketdistill.pipeline.quantize.ValueRange;
import org.pocketdistill.pipeline.torch.ComputeDtype;

class ActivationRangesTest {
  private static final int[] ROW = IntStream.range(0, 20).map(i -> 11 * i % 256).toArray();

  @TempDir Path folder;

  private static Int8StaticConfig config(Int8StaticConfig.Calibration method, Double alpha) {
    return new Int8StaticConfig(method, 99, Optional.empty(), Optional.ofNullable(alpha));
  }

  private static Int8StaticConfig minMax(Double alpha) {
    return config(Int8StaticConfig.Calibration.MINMAX, alpha);
  }

  @Test
  void rangesAreThoseOfTheInputsOfAllMatrices() throws IOException {
    Path model = Checkpoints.folder("qwen3");
    Map<LinearInput, ValueRange> ranges = TinyCalibration.of(model, minMax(null)).ranges();

    StoredModel stored = StoredModel.open(model);
    assertThat(ranges).hasSize(4 * stored.config().numHiddenLayers() + 1);
    Map<LinearInput, float[]> seen = new HashMap<>();
    new LinearInputs(stored, TinyCalibration.batches(model))
        .forEach(
            (input, values) -> {
              float[] ends = seen.computeIfAbsent(input, any -> new float[2]);
              for (float value : values) {
                ends[0] = Math.min(ends[0], value);
                ends[1] = Math.max(ends[1], value);
              }
            });
    seen.forEach(
        (input, ends) -> assertThat(ranges.get(input)).isEqualTo(new ValueRange(ends[0], ends[1])));
  }

  /** The inputs times the matrices are what the decoder itself adds up. */
  @Test
  void inputsAreThoseOfTheDecodersOwnProducts() throws IOException {
    StoredModel stored = StoredModel.open(Checkpoints.folder("qwen2"));
    Map<LinearInput, float[]> seen = new HashMap<>();
    try (Decoder decoder = stored.decoder(ComputeDtype.FP32)) {
      new LinearInputs(stored, StructuredText.batches(List.of(ROW))).forEach(seen::put);
      float[][] logits = new TorchDecoder(decoder).logits(ROW);
      int hidden = decoder.config().hiddenSize();
      float[] head = decoder.weights().head().toFloatArray();
      float[] input = seen.get(new LinearInput(decoder.config().numHiddenLayers(), Place.HEAD));
      for (int position : new int[] {0, 7, ROW.length - 1}) {
        for (int token : new int[] {0, 100, 255}) {
          double sum = 0;
          for (int i = 0; i < hidden; i++) {
            sum += (double) input[position * hidden + i] * head[token * hidden + i];
          }
          assertThat(logits[position][token]).isCloseTo((float) sum, within(1e-4f));
        }
      }
      assertThat(seen.get(new LinearInput(0, Place.DOWN)))
          .hasSize(ROW.length * decoder.config().intermediateSize());
    }
  }

  @Test
  void paddingIsNotSeen() throws IOException {
    StoredModel stored = StoredModel.open(Checkpoints.folder("llama_gqa"));
    int hidden = stored.config().hiddenSize();
    List<Batch> padded = StructuredText.batches(List.of(ROW, new int[] {7, 8, 9}));
    List<Integer> sizes = new ArrayList<>();

    new LinearInputs(stored, padded).forEach((input, values) -> sizes.add(values.length));

    assertThat(padded).hasSize(1);
    assertThat(sizes)
        .hasSize(4 * stored.config().numHiddenLayers() + 1)
        .startsWith((ROW.length + 3) * hidden)
        .endsWith((ROW.length + 3) * hidden);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"llama_gqa", "llama_tied_mha", "qwen2", "qwen3", "mistral", "llama3_rope"})
  void smoothingChangesNoLogits(String name) throws IOException {
    Path model = Checkpoints.folder(name);
    ActivationRanges calibration = TinyCalibration.of(model, minMax(0.5));
    Path smoothed =
        ScaledCheckpoint.smoothed(model, calibration.smoothing(), folder.resolve("smoothed"));

    float[][] expected = logits(model);
    float[][] found = logits(smoothed);
    for (int i = 0; i < expected.length; i++) {
      assertThat(found[i]).containsExactly(expected[i], within(1e-5f));
    }
    ActivationRanges again = TinyCalibration.of(smoothed, minMax(null));
    calibration
        .ranges()
        .forEach(
            (input, range) -> {
              ValueRange own = again.ranges().get(input);
              assertThat(range.min()).as("%s", input).isCloseTo(own.min(), within(1e-4f));
              assertThat(range.max()).as("%s", input).isCloseTo(own.max(), within(1e-4f));
            });
    assertThat(TinyCalibration.of(model, minMax(null)).ranges())
        .as("and changes something")
        .isNotEqualTo(calibration.ranges());
  }

  private static float[][] logits(Path model) throws IOException {
    try (TorchDecoder decoder =
        new TorchDecoder(StoredModel.open(model).decoder(ComputeDtype.FP32))) {
      return decoder.logits(ROW);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Int8StaticConfig.Calibration.class,
      names = {"PERCENTILE", "ENTROPY"})
  void histogramsClipWhatIsRare(Int8StaticConfig.Calibration method) throws IOException {
    Path model = Checkpoints.folder("llama_gqa");
    Map<LinearInput, ValueRange> whole = TinyCalibration.of(model, minMax(0.3)).ranges();
    Map<LinearInput, ValueRange> clipped = TinyCalibration.of(model, config(method, 0.3)).ranges();

    int narrower = 0;
    for (LinearInput input : whole.keySet()) {
      ValueRange own = clipped.get(input);
      assertThat(own.min()).isBetween(whole.get(input).min(), 0f);
      assertThat(own.max()).isBetween(0f, whole.get(input).max());
      narrower += own.equals(whole.get(input)) ? 0 : 1;
    }
    assertThat(narrower).isGreaterThan(whole.size() / 2);
  }

  @Test
  void rangesDoNotDependOnTheOrderOfTheBatches() throws IOException {
    Path model = Checkpoints.folder("llama_gqa");
    Int8StaticConfig config = config(Int8StaticConfig.Calibration.ENTROPY, 0.5);
    List<Batch> reversed = new ArrayList<>(TinyCalibration.batches(model));
    Collections.reverse(reversed);

    assertThat(reversed).hasSizeGreaterThan(2);
    assertThat(ActivationRanges.of(StoredModel.open(model), reversed, config).ranges())
        .isEqualTo(TinyCalibration.of(model, config).ranges());
  }

  @Test
  void refusesTooFewTokensAndBrokenModels() throws IOException {
    Path model = Checkpoints.folder("llama_gqa");
    StoredModel stored = StoredModel.open(model);
    List<Batch> few = StructuredText.batches(List.of(ROW, ROW));
    for (List<Batch> batches : List.of(few, List.<Batch>of())) {
      assertThatThrownBy(() -> ActivationRanges.of(stored, batches, minMax(null)))
          .isInstanceOf(DataException.class)
          .hasMessage(
              "%s: int8_static has %d tokens to calibrate on, expected at least 64; give more rows,"
                  + " or longer ones",
              model, batches.isEmpty() ? 0 : 40);
    }

    double[] infinite = new double[stored.config().hiddenSize()];
    Arrays.fill(infinite, Double.POSITIVE_INFINITY);
    Path broken =
        ScaledCheckpoint.scaled(
            model,
            Map.of("model.layers.1.mlp.up_proj.weight", Factors.NONE.withColumns(infinite)),
            folder.resolve("broken"));
    assertThatThrownBy(() -> TinyCalibration.of(broken, minMax(null)))
        .isInstanceOf(DataException.class)
        .hasMessageMatching(
            "calibration: the DOWN input of layer 1 is (NaN|-?Infinity) at position 0, expected"
                + " finite numbers; check the model's weights");
  }
}
