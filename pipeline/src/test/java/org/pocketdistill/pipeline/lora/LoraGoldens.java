package org.pocketdistill.pipeline.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.pipeline.distill.StudentObjective;
import org.pocketdistill.pipeline.distill.TokenLoss;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.GoldenCheckpoint;
import org.pocketdistill.pipeline.model.LayerAdapters;
import org.pocketdistill.pipeline.safetensors.SafetensorsFile;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.pipeline.torch.Gradients;
import org.pocketdistill.pipeline.torch.Torch;
import org.pocketdistill.pipeline.train.Objective;
import org.pocketdistill.pipeline.train.StepClock;

/** Comparison of an adapter with what PEFT computed with it in fp32. */
final class LoraGoldens {
  private static final float LOGIT_TOLERANCE = 1e-4f;
  private static final double LOSS_TOLERANCE = 1e-5;
  private static final float MERGE_TOLERANCE = 2e-6f;

  /** Of the largest absolute value of a tensor. */
  private static final float GRADIENT_TOLERANCE = 1e-4f;

  private LoraGoldens() {}

  /**
   * Compares logits, loss, gradients and merged weights.
   *
   * @param folder PEFT folder with golden.safetensors in it
   */
  static void check(GoldenCheckpoint checkpoint, Path folder) throws IOException {
    SafetensorsFile golden = SafetensorsFile.open(folder.resolve("golden.safetensors"));
    try (Decoder decoder = checkpoint.decoder();
        LoraAdapter adapter = PeftFolder.load(folder, decoder.config());
        TokenLoss loss = TokenLoss.crossEntropy(ComputeDtype.FP32);
        NDManager scope = Torch.newManager()) {
      Batch batch = GoldenCheckpoint.batch(golden);
      adapter.attachHead(decoder.weights());
      close("logits", logits(scope, decoder, batch, adapter), golden, "logits", batch);

      List<String> names = List.copyOf(adapter.parameters().keySet());
      List<NDArray> gradients = Gradients.allocate(List.copyOf(adapter.parameters().values()));
      NDArray frozen = scope.zeros(new Shape(0), DataType.FLOAT32);
      NDArray head =
          adapter
              .head()
              .map(
                  array -> gradients.get(List.copyOf(adapter.parameters().values()).indexOf(array)))
              .orElse(frozen);
      StudentObjective objective =
          StudentObjective.crossEntropy(new StudentObjective.Learner(decoder, adapter, head), loss);
      Objective.LossSums sums = objective.accumulate(batch, batch.learnedTokens(), new StepClock());
      assertThat(objective.loss(sums, batch.learnedTokens()))
          .isCloseTo(golden.floats("loss")[0], within(LOSS_TOLERANCE));
      for (int i = 0; i < names.size(); i++) {
        float[] expected = golden.floats("grad." + names.get(i));
        close(names.get(i), gradients.get(i), expected, GRADIENT_TOLERANCE * largest(expected));
      }

      for (String name : decoder.weights().names()) {
        boolean trained = adapter.head().stream().anyMatch(h -> h == decoder.weights().get(name));
        assertThat(decoder.weights().get(name).hasGradient()).as(name).isEqualTo(trained);
      }

      adapter.mergeInto(decoder.weights());
      for (String tensor : golden.names()) {
        if (tensor.startsWith("merged.")) {
          NDArray merged = decoder.weights().get(tensor.substring("merged.".length()));
          close(tensor, merged, golden.floats(tensor), MERGE_TOLERANCE);
        }
      }
      NDArray merged = logits(scope, decoder, batch, decoder.noAdapters());
      close("merged logits", merged, golden, "logits", batch);
    }
  }

  /** Logits of every token of a batch. */
  static NDArray logits(NDManager scope, Decoder decoder, Batch batch, LayerAdapters adapters) {
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
}
