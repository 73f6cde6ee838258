package org.pocketdistill.pipeline.distill;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Locale;
import java.util.Map;
import org.pocketdistill.pipeline.torch.Arguments;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.pipeline.torch.Kernels;

/**
 * Loss of learned tokens with its gradient in closed form, computed block by block: memory grows
 * with tokens × hidden width and with vocabulary × a fixed block, never with tokens × vocabulary.
 *
 * <p>Owns its kernels; close it.
 */
public final class TokenLoss implements AutoCloseable {
  /** Logits of one product: 128 MiB in fp32. */
  static final int BLOCK_LOGITS = 1 << 25;

  /** Logits of one element-wise slice: 1 MiB in fp32, so that its temporaries stay in cache. */
  static final int SLICE_LOGITS = 1 << 18;

  private final Kernels kernels;
  private final LossSettings settings;

  /** A mixed loss; of its settings, {@link #learn} uses none. */
  public TokenLoss(LossSettings settings, ComputeDtype dtype, ComputeDtype teacherDtype) {
    this(settings, dtype, teacherDtype, BLOCK_LOGITS, SLICE_LOGITS);
  }

  TokenLoss(
      LossSettings settings, ComputeDtype dtype, ComputeDtype teacherDtype, int block, int slice) {
    this.settings = settings;
    this.kernels =
        Kernels.load(
            "Losses",
            Map.of(
                "DTYPE", dtype.scalarType(),
                "TEACHER_DTYPE", teacherDtype.scalarType(),
                "BLOCK", Integer.toString(block),
                "SLICE", Integer.toString(slice),
                "DIVERGENCE", settings.divergence().name().toLowerCase(Locale.ROOT)));
  }

  private TokenLoss(LossSettings settings, Kernels kernels) {
    this.settings = settings;
    this.kernels = kernels;
  }

  /** The same divergence without cross entropy. Shares the kernels, which this one closes. */
  TokenLoss withoutCrossEntropy() {
    return new TokenLoss(settings.withoutCrossEntropy(), kernels);
  }

  /** Cross entropy alone. */
  public static TokenLoss crossEntropy(ComputeDtype dtype) {
    return new TokenLoss(LossSettings.CROSS_ENTROPY, dtype, dtype);
  }

  /**
   * Divergence from the teacher mixed with cross entropy.
   *
   * @param learnedTokens tokens of the whole optimiser step, which the gradient is divided by
   */
  public Result distill(NDManager scope, Rows student, Teacher.Lesson lesson, long learnedTokens) {
    NDArray numbers = scope.create(settings.kernelSettings(learnedTokens), new Shape(6));
    Arguments arguments = Arguments.of(student.input(), student.head());
    if (lesson instanceof Teacher.TopK top) {
      arguments.tensor(top.ids()).tensor(top.logProbs()).tensor(top.logTail());
      return distill(scope, "distill_top_k", arguments, student, numbers);
    }
    Teacher.Logits logits = (Teacher.Logits) lesson;
    arguments.tensor(logits.input()).tensor(logits.head());
    return distill(scope, "distill", arguments, student, numbers);
  }

  private Result distill(
      NDManager scope, String method, Arguments arguments, Rows student, NDArray numbers) {
    arguments.tensor(student.targets()).tensor(numbers).tensor(student.headGradient());
    return result(kernels.callAll(scope, method, arguments));
  }

  /** Cross entropy alone. */
  public Result learn(NDManager scope, Rows student, long learnedTokens) {
    NDArray numbers = scope.create(settings.kernelSettings(learnedTokens), new Shape(6));
    Arguments arguments =
        Arguments.of(student.input(), student.head(), student.targets(), numbers)
            .tensor(student.headGradient());
    return result(kernels.callAll(scope, "learn", arguments));
  }

  /** Sum of the cross entropy in nats, without a gradient. */
  public double measure(NDManager scope, Rows student) {
    Arguments arguments = Arguments.of(student.input(), student.head(), student.targets());
    return kernels.call(scope, "measure", arguments).getDouble();
  }

  /** Value per token and gradient of the mixed loss at the logits; for tests. */
  NDList atLogits(NDManager scope, NDArray student, NDArray teacher, NDArray targets) {
    NDArray numbers = scope.create(settings.kernelSettings(1), new Shape(6));
    return kernels.callAll(scope, "mixed", Arguments.of(student, teacher, targets, numbers));
  }

  private static Result result(NDList outputs) {
    double[] sums = outputs.get(0).toDoubleArray();
    return new Result(sums[0], sums[1], outputs.get(1));
  }

  @Override
  public void close() {
    kernels.close();
  }

  /**
   * Rows at which a model predicts learned tokens.
   *
   * @param input [N, hidden] after the final norm
   * @param head [V, hidden]
   * @param targets [N] the tokens to predict
   * @param headGradient [V, hidden] that the head's gradient is added to; empty if frozen
   */
  public record Rows(NDArray input, NDArray head, NDArray targets, NDArray headGradient) {}

  /**
   * Sums over the rows in nats, and the gradient of the loss at the student's input.
   *
   * @param divergence Σ divergence, without T² and kd_ratio
   * @param crossEntropy Σ cross entropy
   * @param inputGradient [N, hidden], divided by the learned tokens
   */
  public record Result(double divergence, double crossEntropy, NDArray inputGradient) {}
}
