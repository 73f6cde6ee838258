package org.pocketdistill.pipeline.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.pipeline.distill.LayerwiseObjective;
import org.pocketdistill.pipeline.distill.StudentObjective;
import org.pocketdistill.pipeline.distill.TokenLoss;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.GoldenCheckpoint;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.ProjectionFormat;
import org.pocketdistill.pipeline.model.StoredModel;
import org.pocketdistill.pipeline.model.WeightLayout;
import org.pocketdistill.pipeline.model.Weights;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.pipeline.torch.Gradients;
import org.pocketdistill.pipeline.torch.Torch;
import org.pocketdistill.pipeline.train.Objective;
import org.pocketdistill.pipeline.train.StepClock;

/** Adapters on a base in NF4. */
class QloraTest {
  private static final Map<String, String> BASES =
      Map.of(
          "llama_r4_all", "llama_gqa",
          "llama_dora", "llama_gqa",
          "qwen2_dora", "qwen2",
          "llama_embed", "llama_gqa",
          "llama_patterns", "llama_gqa",
          "llama_lmhead", "llama_gqa");

  private static Path folder(String name) {
    try {
      return Path.of(QloraTest.class.getResource("/lora/" + name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A base in NF4 or what it stands for, an adapter, and their objective. */
  private static final class Model implements AutoCloseable {
    final Decoder decoder;
    final LoraAdapter adapter;
    final TokenLoss loss = TokenLoss.crossEntropy(ComputeDtype.FP32);
    final NDManager scope = Torch.newManager();
    final Map<String, NDArray> gradients = new LinkedHashMap<>();
    final Objective objective;

    Model(String name, ProjectionFormat format, boolean packed, double dropout) throws IOException {
      StoredModel base = StoredModel.open(GoldenCheckpoint.open(BASES.get(name)).folder());
      ModelConfig config = base.config();
      Weights weights = base.weights(config.vocabSize(), format);
      if (!packed) {
        Weights whole = weights.unpacked(config);
        weights.close();
        weights = whole;
      }
      decoder = new Decoder(config, weights, ComputeDtype.FP32, dropout);
      adapter = PeftFolder.load(folder(name), config);
      adapter.attachHead(decoder.weights());
      List<String> names = List.copyOf(adapter.parameters().keySet());
      List<NDArray> arrays = Gradients.allocate(List.copyOf(adapter.parameters().values()));
      for (int i = 0; i < names.size(); i++) {
        gradients.put(names.get(i), arrays.get(i));
      }
      NDArray frozen = scope.zeros(new Shape(0), DataType.FLOAT32);
      NDArray head =
          adapter.head().isPresent() ? gradients.get("base_model.model.lm_head.weight") : frozen;
      StudentObjective.Learner learner = new StudentObjective.Learner(decoder, adapter, head);
      objective =
          packed
              ? new LayerwiseObjective(learner, loss)
              : StudentObjective.crossEntropy(learner, loss);
    }

    /** Cross entropy of a step, with draws from a seed; gradients add up. */
    double step(Batch batch, long seed) {
      Torch.seed(seed);
      return objective.accumulate(batch, batch.learnedTokens(), new StepClock()).crossEntropy();
    }

    @Override
    public void close() {
      scope.close();
      loss.close();
      adapter.close();
      decoder.close();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "llama_r4_all, NF4",
    "llama_r4_all, NF4_DOUBLE_QUANT",
    "llama_dora, NF4",
    "qwen2_dora, NF4_DOUBLE_QUANT",
    "llama_embed, NF4",
    "llama_patterns, NF4",
    "llama_lmhead, NF4_DOUBLE_QUANT"
  })
  void computesWhatAnAdapterOnTheUnpackedBaseDoes(String name, ProjectionFormat format)
      throws IOException {
    Batch batch = GoldenCheckpoint.open(BASES.get(name)).batch();
    try (Model packed = new Model(name, format, true, 0);
        Model whole = new Model(name, format, false, 0)) {
      double loss = whole.step(batch, 1);
      assertThat(packed.step(batch, 1)).isCloseTo(loss, within(1e-6 * loss));
      assertThat(packed.objective.measure(batch)).isCloseTo(loss, within(1e-6 * loss));
      whole.gradients.forEach(
          (tensor, expected) -> {
            float[] values = expected.toFloatArray();
            float[] actual = packed.gradients.get(tensor).toFloatArray();
            float largest = 0;
            for (float value : values) {
              largest = Math.max(largest, Math.abs(value));
            }
            assertThat(largest).as(tensor).isPositive();
            for (int i = 0; i < values.length; i++) {
              assertThat(actual[i])
                  .as("%s [%d]", tensor, i)
                  .isCloseTo(values[i], within(2e-6f * largest));
            }
          });
    }
  }

  @ParameterizedTest
  @CsvSource({"llama_r4_all, 0", "llama_r4_all, 0.4", "llama_dora, 0.4", "llama_embed, 0.4"})
  void gradientsAreThoseOfFiniteDifferences(String name, double dropout) throws IOException {
    Batch batch = GoldenCheckpoint.open(BASES.get(name)).batch();
    try (Model model = new Model(name, ProjectionFormat.NF4_DOUBLE_QUANT, true, dropout)) {
      model.step(batch, 5);
      Map<String, float[]> gradients = new LinkedHashMap<>();
      model.gradients.forEach((tensor, array) -> gradients.put(tensor, array.toFloatArray()));
      for (String tensor : gradients.keySet()) {
        boolean detached = tensor.endsWith("lora_A.weight") || tensor.endsWith("lora_B.weight");
        if (name.equals("llama_dora") && detached) {
          continue; // The norm has no gradient by definition.
        }
        float[] gradient = gradients.get(tensor);
        int at = largestAt(gradient);
        float step = 2e-3f;
        double slope =
            (lossAt(model, tensor, at, step, batch) - lossAt(model, tensor, at, -step, batch))
                / (2 * step * batch.learnedTokens());
        assertThat((double) gradient[at])
            .as("%s [%d]", tensor, at)
            .isCloseTo(slope, within(0.02 * Math.abs(slope) + 2e-4));
      }
    }
  }

  private static int largestAt(float[] values) {
    int at = 0;
    for (int i = 0; i < values.length; i++) {
      at = Math.abs(values[i]) > Math.abs(values[at]) ? i : at;
    }
    return at;
  }

  private static double lossAt(Model model, String tensor, int at, float change, Batch batch) {
    NDArray array = model.adapter.parameters().get(tensor);
    float[] values = array.toFloatArray();
    float[] moved = values.clone();
    moved[at] += change;
    set(array, moved);
    double loss = model.step(batch, 5);
    set(array, values);
    return loss;
  }

  private static void set(NDArray array, float[] values) {
    Gradients.off();
    try (NDArray source = Torch.copyOf(array.getManager(), values, array.getShape())) {
      source.copyTo(array);
    }
  }

  @Test
  void droppedElementsAreOthersInTheNextMicroBatchAndTheSameInAnEqualRun() throws IOException {
    Batch batch = GoldenCheckpoint.open("llama_gqa").batch();
    List<Double> losses = new ArrayList<>();
    for (int run = 0; run < 2; run++) {
      try (Model model = new Model("llama_r4_all", ProjectionFormat.NF4, true, 0.4)) {
        losses.add(model.step(batch, 7));
        losses.add(
            model
                .objective
                .accumulate(batch, batch.learnedTokens(), new StepClock())
                .crossEntropy());
      }
    }
    assertThat(losses.get(0)).isEqualTo(losses.get(2)).isNotEqualTo(losses.get(1));
    assertThat(losses.get(1)).isEqualTo(losses.get(3));
  }

  @Test
  void theBaseTakesAnEighthOfItsProjectionsInFp32() throws IOException {
    StoredModel base = StoredModel.open(GoldenCheckpoint.open("llama_gqa").folder());
    ModelConfig config = base.config();
    try (Weights whole = base.weights(config.vocabSize(), ProjectionFormat.FP32);
        Weights packed = base.weights(config.vocabSize(), ProjectionFormat.NF4)) {
      long projections = 0;
      for (String name : whole.names()) {
        projections += name.endsWith("_proj.weight") ? whole.get(name).size() : 0;
      }
      assertThat(whole.bytes()).isEqualTo(4 * config.parameters());
      long others = 4 * (config.parameters() - projections);
      long rowCounts = 8L * 7 * config.numHiddenLayers();
      assertThat(packed.bytes()).isEqualTo(others + projections * 9 / 16 + rowCounts);
      String matrix = WeightLayout.EMBEDDING;
      assertThat(packed.values(matrix)).isEqualTo(whole.values(matrix));
    }
  }

  @Test
  void anUntrainedAdapterOfDoraStartsFromTheUnpackedRows() throws IOException {
    StoredModel base = StoredModel.open(GoldenCheckpoint.open("llama_gqa").folder());
    ModelConfig config = base.config();
    LoraSettings settings =
        new LoraSettings(
            2, 4, 0, false, true, TargetModules.of(List.of("up_proj")), Map.of(), Map.of(), false);
    try (Weights packed = base.weights(config.vocabSize(), ProjectionFormat.NF4);
        Weights whole = packed.unpacked(config);
        LoraAdapter one = LoraAdapter.untrained(config, settings, 1, packed);
        LoraAdapter other = LoraAdapter.untrained(config, settings, 1, whole)) {
      other
          .parameters()
          .forEach(
              (name, array) ->
                  assertThat(one.parameters().get(name).toFloatArray())
                      .as(name)
                      .isEqualTo(array.toFloatArray()));
    }
  }
}
