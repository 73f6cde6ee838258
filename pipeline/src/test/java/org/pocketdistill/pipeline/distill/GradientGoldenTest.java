package org.pocketdistill.pipeline.distill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.pipeline.LargestDifference;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.GoldenCheckpoint;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.pipeline.torch.Gradients;
import org.pocketdistill.pipeline.train.Objective;
import org.pocketdistill.pipeline.train.StepClock;

/** Loss and gradients of every parameter against transformers in fp32. */
final class GradientGoldenTest {
  private static final double LOSS_TOLERANCE = 1e-5;

  /** Of the largest absolute value of a tensor. */
  private static final float GRADIENT_TOLERANCE = 1e-4f;

  private static final LargestDifference DIFFERENCES =
      new LargestDifference("checkpoints against transformers");

  @AfterAll
  static void print() {
    DIFFERENCES.print();
  }

  static Stream<GoldenCheckpoint> checkpoints() {
    return GoldenCheckpoint.NAMES.stream().map(GoldenCheckpoint::open);
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void lossAndGradientsAreThoseOfTransformers(GoldenCheckpoint checkpoint) {
    try (Decoder decoder = checkpoint.decoder();
        TokenLoss loss = TokenLoss.crossEntropy(ComputeDtype.FP32)) {
      List<NDArray> gradients = Gradients.allocate(decoder.weights().all());
      int head = decoder.weights().all().indexOf(decoder.weights().head());
      StudentObjective.Learner learner =
          new StudentObjective.Learner(decoder, decoder.noAdapters(), gradients.get(head));
      StudentObjective objective = StudentObjective.crossEntropy(learner, loss);
      Batch batch = checkpoint.batch();

      Objective.LossSums sums = objective.accumulate(batch, batch.learnedTokens(), new StepClock());

      double actual = objective.loss(sums, batch.learnedTokens());
      double expected = checkpoint.golden().floats("loss")[0];
      DIFFERENCES.add("loss", actual - expected);
      assertThat(actual).as("%s loss", checkpoint).isCloseTo(expected, within(LOSS_TOLERANCE));
      assertThat(objective.measure(batch)).isCloseTo(sums.crossEntropy(), within(1e-4));
      for (int i = 0; i < gradients.size(); i++) {
        compare(checkpoint, decoder.weights().names().get(i), gradients.get(i));
      }
    }
  }

  private static void compare(GoldenCheckpoint checkpoint, String name, NDArray gradient) {
    float[] expected = checkpoint.golden().floats("grad." + name);
    float[] actual = gradient.toFloatArray();
    float largest = 0;
    for (float value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    for (int i = 0; i < actual.length; i++) {
      DIFFERENCES.add(
          "gradients, relative to a tensor's largest", (actual[i] - expected[i]) / largest);
      assertThat(actual[i])
          .as("%s grad.%s [%d]", checkpoint, name, i)
          .isCloseTo(expected[i], within(GRADIENT_TOLERANCE * largest));
    }
  }
}
