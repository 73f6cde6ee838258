package org.pocketdistill.pipeline.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.distill.StudentObjective;
import org.pocketdistill.pipeline.distill.TokenLoss;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.GoldenCheckpoint;
import org.pocketdistill.pipeline.model.LayerAdapters;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.Projection;
import org.pocketdistill.pipeline.safetensors.SafetensorsFile;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.pipeline.torch.Gradients;
import org.pocketdistill.pipeline.torch.Torch;
import org.pocketdistill.pipeline.train.Objective;
import org.pocketdistill.pipeline.train.StepClock;

/** Adapters against PEFT in fp32. */
final class LoraGoldenTest {
  private static final float LOGIT_TOLERANCE = 1e-4f;
  private static final double LOSS_TOLERANCE = 1e-5;
  private static final float MERGE_TOLERANCE = 2e-6f;

  /** Of the largest absolute value of a tensor. */
  private static final float GRADIENT_TOLERANCE = 1e-4f;

  private static Path folder(String name) {
    try {
      return Path.of(LoraGoldenTest.class.getResource("/lora/" + name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  @ParameterizedTest
  @CsvSource({"qwen2_r4_all, qwen2", "llama_r4_all, llama_gqa", "qwen2_rslora, qwen2"})
  void logitsLossGradientsAndMergeAreThoseOfPeft(String name, String base) throws IOException {
    GoldenCheckpoint checkpoint = GoldenCheckpoint.open(base);
    SafetensorsFile golden = SafetensorsFile.open(folder(name).resolve("golden.safetensors"));
    try (Decoder decoder = checkpoint.decoder();
        LoraAdapter adapter = PeftFolder.load(folder(name), decoder.config());
        TokenLoss loss = TokenLoss.crossEntropy(ComputeDtype.FP32);
        NDManager scope = Torch.newManager()) {
      Batch batch = GoldenCheckpoint.batch(golden);
      close(name + " logits", logits(scope, decoder, batch, adapter), golden, "logits", batch);

      List<String> names = List.copyOf(adapter.parameters().keySet());
      List<NDArray> gradients = Gradients.allocate(List.copyOf(adapter.parameters().values()));
      NDArray frozen = scope.zeros(new Shape(0), DataType.FLOAT32);
      StudentObjective objective =
          StudentObjective.crossEntropy(
              new StudentObjective.Learner(decoder, adapter, frozen), loss);
      Objective.LossSums sums = objective.accumulate(batch, batch.learnedTokens(), new StepClock());
      assertThat(objective.loss(sums, batch.learnedTokens()))
          .isCloseTo(golden.floats("loss")[0], within(LOSS_TOLERANCE));
      for (int i = 0; i < names.size(); i++) {
        float[] expected = golden.floats("grad." + names.get(i));
        close(names.get(i), gradients.get(i), expected, GRADIENT_TOLERANCE * largest(expected));
      }

      adapter.mergeInto(decoder.weights());
      for (String tensor : golden.names()) {
        if (tensor.startsWith("merged.")) {
          NDArray merged = decoder.weights().get(tensor.substring("merged.".length()));
          close(tensor, merged, golden.floats(tensor), MERGE_TOLERANCE);
        }
      }
      NDArray merged = logits(scope, decoder, batch, decoder.noAdapters());
      close(name + " merged logits", merged, golden, "logits", batch);
    }
  }

  private static NDArray logits(
      NDManager scope, Decoder decoder, Batch batch, LayerAdapters adapters) {
    NDArray hidden = decoder.forward(scope, decoder.block(scope, batch), adapters);
    long[] rows = new long[batch.inputIds().length];
    Arrays.setAll(rows, i -> i);
    NDArray all = Torch.copyOf(scope, rows, new Shape(rows.length));
    return decoder.logits(scope, decoder.headInput(scope, hidden, all));
  }

  private static void close(
      String what, NDArray actual, SafetensorsFile golden, String name, Batch batch) {
    float[] expected = golden.floats(name);
    float[] values = actual.toFloatArray();
    int width = values.length / batch.inputIds().length;
    for (int i = 0; i < values.length; i++) {
      if (batch.documentIds()[i / width] != 0) {
        assertThat(values[i])
            .as("%s [%d]", what, i)
            .isCloseTo(expected[i], within(LOGIT_TOLERANCE));
      }
    }
  }

  private static void close(String what, NDArray actual, float[] expected, float tolerance) {
    float[] values = actual.toFloatArray();
    for (int i = 0; i < values.length; i++) {
      assertThat(values[i]).as("%s [%d]", what, i).isCloseTo(expected[i], within(tolerance));
    }
  }

  private static float largest(float[] values) {
    float largest = 0;
    for (float value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }

  @Test
  void writtenAdapterIsReadBackTheSame(@TempDir Path target) throws IOException {
    ModelConfig config;
    try (Decoder decoder = GoldenCheckpoint.open("qwen2").decoder()) {
      config = decoder.config();
    }
    LoraSettings settings =
        new LoraSettings(3, 6, 0.1, true, EnumSet.of(Projection.Q_PROJ, Projection.DOWN_PROJ));
    try (LoraAdapter written = LoraAdapter.untrained(config, settings, 1)) {
      PeftFolder.save(written, target, "student");
      try (LoraAdapter read = PeftFolder.load(target, config)) {
        assertThat(read.settings()).isEqualTo(settings);
        written
            .parameters()
            .forEach(
                (name, array) ->
                    assertThat(read.parameters().get(name).toFloatArray())
                        .as(name)
                        .isEqualTo(array.toFloatArray()));
      }
    }
  }

  @Test
  void untrainedAdapterChangesNothing() {
    GoldenCheckpoint checkpoint = GoldenCheckpoint.open("llama_gqa");
    LoraSettings settings = new LoraSettings(4, 8, 0, false, EnumSet.allOf(Projection.class));
    try (Decoder decoder = checkpoint.decoder();
        LoraAdapter adapter = LoraAdapter.untrained(decoder.config(), settings, 7);
        NDManager scope = Torch.newManager()) {
      NDArray with = logits(scope, decoder, checkpoint.batch(), adapter);
      NDArray without = logits(scope, decoder, checkpoint.batch(), decoder.noAdapters());
      assertThat(with.toFloatArray()).isEqualTo(without.toFloatArray());
    }
  }

  @Test
  void unsupportedOptionIsRefusedByName() {
    ModelConfig config;
    try (Decoder decoder = GoldenCheckpoint.open("llama_gqa").decoder()) {
      config = decoder.config();
    }
    assertThatThrownBy(() -> PeftFolder.load(folder("llama_dora"), config))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("adapter_config.json: use_dora: true, expected off");
  }

  @Test
  void adapterOfAnotherModelIsRefused(@TempDir Path target) throws IOException {
    Files.createDirectories(target);
    ModelConfig config;
    try (Decoder decoder = GoldenCheckpoint.open("llama_tied_mha").decoder()) {
      config = decoder.config();
    }
    assertThatThrownBy(() -> PeftFolder.load(folder("qwen2_r4_all"), config))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("adapter_model.safetensors: tensor")
        .hasMessageContaining("expected shape");
  }
}
