package org.pocketdistill.pipeline.distill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pocketdistill.pipeline.config.DistillConfig.Divergence;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.pipeline.torch.Torch;

final class TokenLossTest {
  private static final int TOKENS = 23;
  private static final int HIDDEN = 8;
  private static final int VOCABULARY = 37;

  /** Sums in fp32 in another order. */
  private static final float CHUNK_TOLERANCE = 1e-6f;

  /** Central differences of fp32 losses of size 1 with step 1e-2. */
  private static final float DIFFERENCE_TOLERANCE = 2e-3f;

  @ParameterizedTest
  @EnumSource(Divergence.class)
  void chunkedEqualsWhole(Divergence divergence) {
    try (NDManager scope = Torch.newManager();
        TokenLoss whole = loss(divergence, 1 << 20, 1 << 20);
        TokenLoss chunked = loss(divergence, 5 * VOCABULARY, 2 * VOCABULARY)) {
      Case inputs = new Case(scope);
      TokenLoss.Rows student = inputs.student(scope);
      TokenLoss.Rows same = inputs.student(scope);

      TokenLoss.Result expected = whole.distill(scope, student, inputs.teacher(), TOKENS);
      TokenLoss.Result actual = chunked.distill(scope, same, inputs.teacher(), TOKENS);

      assertThat(actual.divergence()).isCloseTo(expected.divergence(), within(1e-5));
      assertThat(actual.crossEntropy()).isCloseTo(expected.crossEntropy(), within(1e-4));
      close(actual.inputGradient(), expected.inputGradient(), CHUNK_TOLERANCE);
      close(same.headGradient(), student.headGradient(), CHUNK_TOLERANCE);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Divergence.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = "TVD") // has corners, where differences say nothing
  void gradientsAreThoseOfFiniteDifferences(Divergence divergence) {
    try (NDManager scope = Torch.newManager();
        TokenLoss loss = loss(divergence, 1 << 20, 1 << 20)) {
      Case inputs = new Case(scope);
      TokenLoss.Rows student = inputs.student(scope);
      TokenLoss.Result result = loss.distill(scope, student, inputs.teacher(), TOKENS);
      float[] inputGradient = result.inputGradient().toFloatArray();
      float[] headGradient = student.headGradient().toFloatArray();

      for (int i = 0; i < TOKENS * HIDDEN; i += 17) {
        assertThat(inputGradient[i])
            .as("input gradient %d", i)
            .isCloseTo(difference(loss, inputs, inputs.x, i), within(DIFFERENCE_TOLERANCE));
      }
      for (int i = 0; i < VOCABULARY * HIDDEN; i += 29) {
        assertThat(headGradient[i])
            .as("head gradient %d", i)
            .isCloseTo(difference(loss, inputs, inputs.head, i), within(DIFFERENCE_TOLERANCE));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Divergence.class)
  void isZeroWhenStudentEqualsTeacher(Divergence divergence) {
    try (NDManager scope = Torch.newManager();
        TokenLoss loss = loss(divergence, 1 << 20, 1 << 20)) {
      Case inputs = new Case(scope);
      TokenLoss.Rows student = inputs.student(scope);
      TokenLoss.Result result =
          loss.distill(scope, student, new Teacher.Logits(student.input(), student.head()), TOKENS);
      assertThat(result.divergence()).isCloseTo(0, within(1e-5));
    }
  }

  private static float difference(TokenLoss loss, Case inputs, float[] values, int i) {
    float step = 1e-2f;
    float kept = values[i];
    values[i] = kept + step;
    double above = value(loss, inputs);
    values[i] = kept - step;
    double below = value(loss, inputs);
    values[i] = kept;
    return (float) ((above - below) / (2 * step));
  }

  private static double value(TokenLoss loss, Case inputs) {
    try (NDManager scope = Torch.newManager()) {
      TokenLoss.Result result =
          loss.distill(scope, inputs.student(scope), inputs.teacher(), TOKENS);
      double divergence = 0.6 * 4 * result.divergence();
      return (divergence + 0.4 * result.crossEntropy()) / TOKENS;
    }
  }

  private static TokenLoss loss(Divergence divergence, int block, int slice) {
    LossSettings settings = new LossSettings(divergence, 2, 0.6, 0.3, 0.2);
    return new TokenLoss(settings, ComputeDtype.FP32, ComputeDtype.FP32, block, slice);
  }

  private static void close(NDArray actual, NDArray expected, float tolerance) {
    float[] a = actual.toFloatArray();
    float[] e = expected.toFloatArray();
    for (int i = 0; i < a.length; i++) {
      assertThat(a[i]).as("element %d", i).isCloseTo(e[i], within(tolerance));
    }
  }

  /** Random hidden states, heads and targets, from a fixed seed. */
  private static final class Case {
    final float[] x;
    final float[] head;
    private final long[] targets = new long[TOKENS];
    private final NDArray teacherX;
    private final NDArray teacherHead;

    Case(NDManager scope) {
      Random random = new Random(5);
      x = normal(random, TOKENS * HIDDEN);
      head = normal(random, VOCABULARY * HIDDEN);
      teacherX = Torch.copyOf(scope, normal(random, TOKENS * 4), new Shape(TOKENS, 4));
      teacherHead = Torch.copyOf(scope, normal(random, VOCABULARY * 4), new Shape(VOCABULARY, 4));
      Arrays.setAll(targets, i -> random.nextInt(VOCABULARY));
    }

    TokenLoss.Rows student(NDManager scope) {
      return new TokenLoss.Rows(
          Torch.copyOf(scope, x, new Shape(TOKENS, HIDDEN)),
          Torch.copyOf(scope, head, new Shape(VOCABULARY, HIDDEN)),
          Torch.copyOf(scope, targets, new Shape(TOKENS)),
          scope.zeros(new Shape(VOCABULARY, HIDDEN), DataType.FLOAT32));
    }

    Teacher.Lesson teacher() {
      return new Teacher.Logits(teacherX, teacherHead);
    }

    private static float[] normal(Random random, int size) {
      float[] values = new float[size];
      for (int i = 0; i < size; i++) {
        values[i] = (float) random.nextGaussian();
      }
      return values;
    }
  }
}
