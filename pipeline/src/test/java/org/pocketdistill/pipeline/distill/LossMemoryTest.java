package org.pocketdistill.pipeline.distill;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import org.junit.jupiter.api.Test;
import org.pocketdistill.pipeline.config.DistillConfig.Divergence;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.pipeline.torch.Torch;
import org.pocketdistill.pipeline.train.PeakMemory;

/** The loss of many tokens needs no memory for all their logits. */
class LossMemoryTest {
  private static final int VOCABULARY = 2048;
  private static final int HIDDEN = 8;
  private static final int BLOCK_LOGITS = 1 << 20;
  private static final int SLICE_LOGITS = 1 << 16;
  private static final int FEW = 1024;
  private static final int MANY = 16 * FEW;

  /** Of one array of all logits, and there would be several. */
  private static final long LOGITS_BYTES = 4L * MANY * VOCABULARY;

  @Test
  void doesNotGrowWithTokensTimesVocabulary() {
    LossSettings settings = new LossSettings(Divergence.JSD, 2, 0.5, 0.5, 0.1);
    try (TokenLoss loss =
        new TokenLoss(settings, ComputeDtype.FP32, ComputeDtype.FP32, BLOCK_LOGITS, SLICE_LOGITS)) {
      long few = peak(loss, FEW);
      long many = peak(loss, MANY);

      assertThat(many - few)
          .as("bytes more at the peak for %d tokens than for %d", MANY, FEW)
          .isLessThan(LOGITS_BYTES / 2);
    }
  }

  private static long peak(TokenLoss loss, int tokens) {
    PeakMemory.restart();
    try (NDManager scope = Torch.newManager()) {
      NDArray input = scope.ones(new Shape(tokens, HIDDEN), DataType.FLOAT32);
      NDArray head = scope.ones(new Shape(VOCABULARY, HIDDEN), DataType.FLOAT32);
      NDArray targets = Torch.copyOf(scope, new long[tokens], new Shape(tokens));
      NDArray gradient = scope.zeros(head.getShape(), DataType.FLOAT32);
      TokenLoss.Rows rows = new TokenLoss.Rows(input, head, targets, gradient);
      double expected = tokens * Math.log(VOCABULARY);
      assertThat(
              loss.distill(scope, rows, new Teacher.Logits(input, head), tokens).crossEntropy()
                  / expected)
          .isBetween(0.999, 1.001);
      assertThat(loss.learn(scope, rows, tokens).crossEntropy() / expected).isBetween(0.999, 1.001);
      assertThat(loss.measure(scope, rows) / expected).isBetween(0.999, 1.001);
    }
    return PeakMemory.bytes();
  }
}
