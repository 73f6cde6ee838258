package org.pocketdistill.pipeline.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/** Steps one after the other are the layers. */
class SteppedDecoderTest {
  static Stream<GoldenCheckpoint> checkpoints() {
    return GoldenCheckpoint.NAMES.stream().map(GoldenCheckpoint::open);
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void inputsOfALayerAreNormsOfTheHiddenStates(GoldenCheckpoint checkpoint) throws IOException {
    StoredModel model = StoredModel.open(checkpoint.folder());
    Batch batch = checkpoint.batch();
    try (Decoder decoder = model.decoder(ComputeDtype.FP32);
        SteppedDecoder steps = SteppedDecoder.open(model, List.of(batch, batch))) {
      for (int layer = 0; layer < decoder.config().numHiddenLayers(); layer++) {
        steps.advanceTo(layer, LayerStep.QKV);
        close(steps.inputs(), attentionInput(decoder, batch, layer));
      }
    }
  }

  @Test
  void replacedWeightsCountFromThenOn() throws IOException {
    StoredModel model = StoredModel.open(GoldenCheckpoint.open("qwen3").folder());
    Batch batch = GoldenCheckpoint.open("qwen3").batch();
    String down = WeightLayout.matrix(0, Projection.DOWN_PROJ);
    try (Decoder decoder = model.decoder(ComputeDtype.FP32);
        SteppedDecoder steps = SteppedDecoder.open(model, List.of(batch))) {
      float[] doubled = decoder.weights().values(down);
      for (int i = 0; i < doubled.length; i++) {
        doubled[i] *= 2;
      }
      decoder.weights().get(down).muli(decoder.weights().get(down).onesLike().muli(2));

      steps.advanceTo(0, LayerStep.DOWN);
      steps.replace(Projection.DOWN_PROJ, doubled);
      steps.advanceTo(1, LayerStep.QKV);

      close(steps.inputs(), attentionInput(decoder, batch, 1));
    }
  }

  /** RMSNorm of a layer's hidden state, computed here. */
  private static float[] attentionInput(Decoder decoder, Batch batch, int layer) {
    float[] weight = decoder.weights().values("model.layers." + layer + ".input_layernorm.weight");
    try (NDManager scope = decoder.weights().manager().newSubManager()) {
      TokenBlock block = decoder.block(scope, batch);
      float[] hidden =
          decoder
              .forward(scope, block, decoder.noAdapters(), Set.of(layer))
              .kept()
              .get(layer)
              .toFloatArray();
      int width = weight.length;
      for (int start = 0; start < hidden.length; start += width) {
        double squares = 0;
        for (int i = start; i < start + width; i++) {
          squares += (double) hidden[i] * hidden[i];
        }
        double root = Math.sqrt(squares / width + decoder.config().rmsNormEps());
        for (int i = 0; i < width; i++) {
          hidden[start + i] = (float) (hidden[start + i] / root * weight[i]);
        }
      }
      return hidden;
    }
  }

  private static void close(List<NDArray> actual, float[] expected) {
    for (NDArray array : actual) {
      assertThat(array.toFloatArray()).containsExactly(expected, within(2e-5f));
    }
  }
}
