package org.pocketdistill.pipeline.distill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.pipeline.config.DistillConfig.Divergence;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.GoldenCheckpoint;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.pipeline.torch.Gradients;
import org.pocketdistill.pipeline.train.Objective.LossSums;
import org.pocketdistill.pipeline.train.StepClock;

/** Loss sums over micro-batches of one step, and the gradient of every parameter. */
record ObjectiveGradients(LossSums sums, Map<String, float[]> gradients) {
  private static final LossSettings DISTILL =
      new LossSettings(Divergence.FORWARD_KL, 2, 0.5, 0.5, 0.1);

  /** Of cross entropy, or of a distillation if there is a teacher. */
  static ObjectiveGradients of(String checkpoint, Optional<String> teacher, List<Batch> batches) {
    LossSettings settings = teacher.isPresent() ? DISTILL : LossSettings.CROSS_ENTROPY;
    try (Decoder decoder = GoldenCheckpoint.open(checkpoint).decoder();
        Decoder source = GoldenCheckpoint.open(teacher.orElse(checkpoint)).decoder();
        TokenLoss loss = new TokenLoss(settings, ComputeDtype.FP32, ComputeDtype.FP32)) {
      List<NDArray> gradients = Gradients.allocate(decoder.weights().all());
      int head = decoder.weights().all().indexOf(decoder.weights().head());
      StudentObjective.Learner learner =
          new StudentObjective.Learner(decoder, decoder.noAdapters(), gradients.get(head));
      StudentObjective objective =
          teacher.isPresent()
              ? StudentObjective.distil(learner, new LiveTeacher(source), loss, settings)
              : StudentObjective.crossEntropy(learner, loss);
      long learned = batches.stream().mapToLong(Batch::learnedTokens).sum();
      LossSums sums = new LossSums(0, 0);
      for (Batch batch : batches) {
        sums = sums.plus(objective.accumulate(batch, learned, new StepClock()));
      }
      Map<String, float[]> values = new LinkedHashMap<>();
      List<String> names = decoder.weights().names();
      for (int i = 0; i < names.size(); i++) {
        values.put(names.get(i), gradients.get(i).toFloatArray());
      }
      return new ObjectiveGradients(sums, values);
    }
  }

  /** Asserts that both agree, gradients to a share of the largest of their tensor. */
  void assertCloseTo(ObjectiveGradients expected, double tolerance) {
    assertThat(sums.crossEntropy())
        .as("cross entropy")
        .isCloseTo(expected.sums.crossEntropy(), within(tolerance * expected.sums.crossEntropy()));
    assertThat(sums.divergence())
        .as("divergence")
        .isCloseTo(expected.sums.divergence(), within(tolerance * expected.sums.divergence()));
    assertThat(gradients.keySet()).isEqualTo(expected.gradients.keySet());
    gradients.forEach(
        (name, actual) -> assertClose(name, actual, expected.gradients.get(name), tolerance));
  }

  static void assertClose(String name, float[] actual, float[] expected, double tolerance) {
    float largest = 0;
    for (float value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    assertThat(largest).as("largest gradient of %s", name).isPositive();
    for (int i = 0; i < expected.length; i++) {
      assertThat((double) actual[i])
          .as("gradient of %s [%d]", name, i)
          .isCloseTo(expected[i], within(tolerance * largest));
    }
  }
}
