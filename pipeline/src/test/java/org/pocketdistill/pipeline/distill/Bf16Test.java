package org.pocketdistill.pipeline.distill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.pipeline.config.DistillConfig.Divergence;
import org.pocketdistill.pipeline.lm.CausalDecoder;
import org.pocketdistill.pipeline.lm.TorchDecoder;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.GoldenCheckpoint;
import org.pocketdistill.pipeline.model.HfFolder;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.pipeline.torch.Gradients;
import org.pocketdistill.pipeline.train.Objective;
import org.pocketdistill.pipeline.train.StepClock;

/** Products in bf16 with fp32 master weights, against the same in fp32. */
final class Bf16Test {
  /** bf16 keeps 8 bits: transformers itself is off by up to 0.2 in a logit and 0.01 in the loss. */
  private static final double LOSS_TOLERANCE = 0.03;

  /** Cosine between the gradients of all parameters together. */
  private static final double LEAST_COSINE = 0.99;

  @ParameterizedTest
  @ValueSource(strings = {"llama_gqa", "qwen2", "qwen3", "mistral"})
  void distillationInBf16IsCloseToFp32(String name) throws IOException {
    Step fp32 = Step.of(name, ComputeDtype.FP32);
    Step bf16 = Step.of(name, ComputeDtype.BF16);

    assertThat(bf16.loss()).isCloseTo(fp32.loss(), within(LOSS_TOLERANCE));
    assertThat(bf16.loss()).isNotEqualTo(fp32.loss());
    assertThat(cosine(bf16.gradients(), fp32.gradients())).isGreaterThan(LEAST_COSINE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama_gqa", "qwen3"})
  void generationAndScoresInBf16AreCloseToFp32(String name) throws IOException {
    GoldenCheckpoint checkpoint = GoldenCheckpoint.open(name);
    int[] row = {5, 17, 200, 3, 99, 42};
    try (TorchDecoder fp32 = new TorchDecoder(checkpoint.decoder());
        TorchDecoder bf16 =
            new TorchDecoder(HfFolder.load(checkpoint.folder(), ComputeDtype.BF16));
        CausalDecoder.DecodeSession session = bf16.start(List.of(row), 2)) {
      double[] expected = fp32.score(List.of(row), 0).get(0).logProbs();
      double[] actual = bf16.score(List.of(row), 0).get(0).logProbs();
      for (int i = 1; i < row.length; i++) {
        assertThat(actual[i]).as("token %d", i).isCloseTo(expected[i], within(0.3));
      }
      session.advance(new int[] {7});
      for (float logit : session.logits()[0]) {
        assertThat(logit).isFinite();
      }
    }
  }

  private static double cosine(float[] a, float[] b) {
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < a.length; i++) {
      ab += (double) a[i] * b[i];
      aa += (double) a[i] * a[i];
      bb += (double) b[i] * b[i];
    }
    return ab / Math.sqrt(aa * bb);
  }

  /** Loss and gradients of one micro-batch, with another checkpoint of the same size as teacher. */
  private record Step(double loss, float[] gradients) {
    static Step of(String name, ComputeDtype dtype) throws IOException {
      GoldenCheckpoint checkpoint = GoldenCheckpoint.open(name);
      LossSettings settings = new LossSettings(Divergence.REVERSE_KL, 2, 0.5, 0.5, 0.1);
      try (Decoder student = HfFolder.load(checkpoint.folder(), dtype);
          Decoder teacher = HfFolder.load(GoldenCheckpoint.open("llama_gqa").folder(), dtype);
          TokenLoss loss = new TokenLoss(settings, dtype, dtype)) {
        List<NDArray> gradients = Gradients.allocate(student.weights().all());
        int head = student.weights().all().indexOf(student.weights().head());
        StudentObjective objective =
            StudentObjective.distil(
                new StudentObjective.Learner(student, student.noAdapters(), gradients.get(head)),
                new LiveTeacher(teacher),
                loss,
                settings);
        Batch batch = checkpoint.batch();
        Objective.LossSums sums =
            objective.accumulate(batch, batch.learnedTokens(), new StepClock());
        return new Step(objective.loss(sums, batch.learnedTokens()), joined(gradients));
      }
    }

    private static float[] joined(List<NDArray> arrays) {
      int size = arrays.stream().mapToInt(array -> (int) array.size()).sum();
      float[] all = new float[size];
      int at = 0;
      for (NDArray array : arrays) {
        float[] values = array.toFloatArray();
        System.arraycopy(values, 0, all, at, values.length);
        at += values.length;
      }
      return all;
    }
  }
}
