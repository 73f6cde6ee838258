package org.pocketdistill.pipeline.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.GoldenCheckpoint;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.ModelSizes;
import org.pocketdistill.pipeline.model.RowScorer;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/** A cut decoder computes what the whole one does when the parts that go put out nothing. */
class CutWeightsTest {
  private static final int[] ROW = {5, 17, 200, 3, 99, 42, 7};

  /** Sums of fewer zeros are added up in another order. */
  private static final double TOLERANCE = 2e-5;

  private static Importance importance(Decoder decoder, GoldenCheckpoint checkpoint) {
    return Importance.measure(decoder, List.of(checkpoint.batch()));
  }

  private static ModelSizes sizes(
      ModelConfig from, int layers, int intermediate, int heads, int keys) {
    return new ModelSizes(from.vocabSize(), from.hiddenSize(), intermediate, layers, heads, keys);
  }

  private static void same(Decoder cut, Decoder whole) {
    float[][] expected = new RowScorer(whole, 0).logits(ROW);
    float[][] actual = new RowScorer(cut, 0).logits(ROW);
    for (int i = 0; i < ROW.length; i++) {
      assertThat(actual[i]).containsExactly(expected[i], within((float) TOLERANCE));
    }
  }

  private static Decoder cut(Decoder whole, ModelSizes sizes, Cut cut) {
    ModelConfig to = whole.config().withSizes(sizes);
    return new Decoder(to, CutWeights.of(whole.weights(), to, cut), ComputeDtype.FP32, 0);
  }

  private static void zero(Decoder whole, String name, UnaryOperator<float[]> change) {
    NDArray array = whole.weights().get(name);
    array.set(change.apply(array.toFloatArray()));
  }

  /** Zeroes the columns of a matrix that do not stay, in groups of a width. */
  private static void zeroColumns(Decoder whole, String name, int[] kept, int width) {
    Set<Integer> stay = Arrays.stream(kept).boxed().collect(Collectors.toSet());
    int columns = (int) whole.weights().get(name).getShape().get(1);
    zero(
        whole,
        name,
        values -> {
          for (int i = 0; i < values.length; i++) {
            values[i] = stay.contains(i % columns / width) ? values[i] : 0;
          }
          return values;
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama_gqa", "qwen2", "qwen3", "llama_tied_mha"})
  void headsAndNeuronsThatGoPutOutNothing(String name) {
    GoldenCheckpoint checkpoint = GoldenCheckpoint.open(name);
    try (Decoder whole = checkpoint.decoder()) {
      ModelConfig config = whole.config();
      int keys = config.numKeyValueHeads();
      ModelSizes sizes =
          sizes(
              config,
              config.numHiddenLayers(),
              config.intermediateSize() / 2 + 1,
              keys == config.numAttentionHeads() ? keys - 1 : keys,
              keys == config.numAttentionHeads() ? keys - 1 : keys);
      int[] layers = IntStream.range(0, config.numHiddenLayers()).toArray();
      Cut cut = Cut.of(importance(whole, checkpoint), config, sizes, layers);
      try (Decoder smaller = cut(whole, sizes, cut)) {
        for (int layer : layers) {
          String prefix = "model.layers." + layer + ".";
          zeroColumns(whole, prefix + "mlp.down_proj.weight", cut.neurons().get(layer), 1);
          zeroColumns(
              whole,
              prefix + "self_attn.o_proj.weight",
              cut.queryHeads().get(layer),
              config.headDim());
        }
        same(smaller, whole);
        assertThat(smaller.config().parameters()).isLessThan(config.parameters());
      }
    }
  }

  @Test
  void aWholeGroupOfHeadsGoesWithItsKeyHead() {
    GoldenCheckpoint checkpoint = GoldenCheckpoint.open("llama_gqa");
    try (Decoder whole = checkpoint.decoder()) {
      ModelConfig config = whole.config();
      ModelSizes sizes = sizes(config, 2, config.intermediateSize(), 2, 1);
      Cut cut = Cut.of(importance(whole, checkpoint), config, sizes, new int[] {0, 1});
      assertThat(cut.queryHeads().get(0)).isIn(new int[] {0, 1}, new int[] {2, 3});
      try (Decoder smaller = cut(whole, sizes, cut)) {
        for (int layer = 0; layer < 2; layer++) {
          String name = "model.layers." + layer + ".self_attn.o_proj.weight";
          zeroColumns(whole, name, cut.queryHeads().get(layer), config.headDim());
        }
        same(smaller, whole);
      }
    }
  }

  @Test
  void aLayerThatGoesAddsNothing() {
    GoldenCheckpoint checkpoint = GoldenCheckpoint.open("mistral");
    try (Decoder whole = checkpoint.decoder()) {
      ModelConfig config = whole.config();
      int layers = config.numHiddenLayers() - 1;
      ModelSizes sizes =
          sizes(
              config,
              layers,
              config.intermediateSize(),
              config.numAttentionHeads(),
              config.numKeyValueHeads());
      Importance importance = importance(whole, checkpoint);
      int[] kept = Cut.layers(importance, layers);
      int gone =
          IntStream.rangeClosed(0, layers)
              .filter(i -> Arrays.binarySearch(kept, i) < 0)
              .findFirst()
              .orElseThrow();
      assertThat(importance.blockInfluence()[gone])
          .isEqualTo(Arrays.stream(importance.blockInfluence()).min().orElseThrow());
      try (Decoder smaller = cut(whole, sizes, Cut.of(importance, config, sizes, kept))) {
        String prefix = "model.layers." + gone + ".";
        zero(whole, prefix + "mlp.down_proj.weight", values -> new float[values.length]);
        zero(whole, prefix + "self_attn.o_proj.weight", values -> new float[values.length]);
        same(smaller, whole);
      }
    }
  }

  @Test
  void hiddenChannelsGoFromEveryMatrix() {
    GoldenCheckpoint checkpoint = GoldenCheckpoint.open("qwen2");
    try (Decoder whole = checkpoint.decoder()) {
      ModelConfig config = whole.config();
      int hidden = config.hiddenSize() - 8;
      ModelSizes sizes =
          new ModelSizes(
              config.vocabSize(),
              hidden,
              config.intermediateSize(),
              config.numHiddenLayers(),
              config.numAttentionHeads(),
              config.numKeyValueHeads());
      int[] layers = IntStream.range(0, config.numHiddenLayers()).toArray();
      Cut cut = Cut.of(importance(whole, checkpoint), config, sizes, layers);
      try (Decoder smaller = cut(whole, sizes, cut)) {
        float[] embedding = whole.weights().get("model.embed_tokens.weight").toFloatArray();
        float[] kept = smaller.weights().get("model.embed_tokens.weight").toFloatArray();
        float[] down = whole.weights().get("model.layers.0.mlp.down_proj.weight").toFloatArray();
        float[] keptDown =
            smaller.weights().get("model.layers.0.mlp.down_proj.weight").toFloatArray();
        for (int i = 0; i < hidden; i++) {
          int channel = cut.hidden()[i];
          assertThat(kept[7 * hidden + i]).isEqualTo(embedding[7 * config.hiddenSize() + channel]);
          assertThat(keptDown[i * config.intermediateSize() + 5])
              .isEqualTo(down[channel * config.intermediateSize() + 5]);
        }
        assertThat(new RowScorer(smaller, 0).logits(ROW)[0]).doesNotContain(Float.NaN);
      }
    }
  }
}
