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
import org.junit.jupiter.params.provider.ValueSource;
import org.pocketdistill.pipeline.config.DistillConfig.Divergence;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.pipeline.torch.Torch;

/** Losses from a teacher's most probable tokens, and from all of them. */
final class TopKLossTest {
  private static final int TOKENS = 9;
  private static final int VOCABULARY = 37;
  private static final double TEMPERATURE = 2;
  private static final double KD_RATIO = 0.6;
  private static final int WHOLE = 1 << 20;

  /** Central differences of fp32 losses of size 1 with step 1e-2; gradients are up to 0.1. */
  private static final float DIFFERENCE_TOLERANCE = 5e-5f;

  private final Random random = new Random(8);
  private final float[] student = normal(TOKENS * VOCABULARY, 2);
  private final float[] teacher = normal(TOKENS * VOCABULARY, 2);

  private float[] normal(int size, double scale) {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) (scale * random.nextGaussian());
    }
    return values;
  }

  @ParameterizedTest
  @EnumSource(Divergence.class)
  void gradientsAreThoseOfFiniteDifferences(Divergence divergence) {
    try (NDManager scope = Torch.newManager();
        TokenLoss loss = loss(divergence, WHOLE, WHOLE)) {
      Teacher.TopK top = top(scope, 5);
      float[] gradient = result(scope, loss, top).inputGradient().toFloatArray();
      for (int i = 0; i < student.length; i++) {
        assertThat(gradient[i])
            .as("logit %d of seed 8", i)
            .isCloseTo(difference(loss, top, i), within(DIFFERENCE_TOLERANCE));
      }
    }
  }

  private float difference(TokenLoss loss, Teacher.TopK top, int i) {
    float step = 1e-2f;
    float kept = student[i];
    student[i] = kept + step;
    double above = value(loss, top);
    student[i] = kept - step;
    double below = value(loss, top);
    student[i] = kept;
    return (float) ((above - below) / (2 * step));
  }

  private double value(TokenLoss loss, Teacher.TopK top) {
    try (NDManager scope = Torch.newManager()) {
      TokenLoss.Result result = result(scope, loss, top);
      return (KD_RATIO * TEMPERATURE * TEMPERATURE * result.divergence()
              + (1 - KD_RATIO) * result.crossEntropy())
          / TOKENS;
    }
  }

  @ParameterizedTest
  @EnumSource(Divergence.class)
  void ofTheWholeVocabularyIsTheFullLoss(Divergence divergence) {
    try (NDManager scope = Torch.newManager();
        TokenLoss loss = loss(divergence, WHOLE, WHOLE)) {
      TokenLoss.Result full = result(scope, loss, logits(scope));

      TokenLoss.Result all = result(scope, loss, top(scope, VOCABULARY));

      assertThat(all.divergence()).isCloseTo(full.divergence(), within(1e-5 * TOKENS));
      close(all.inputGradient(), full.inputGradient(), 1e-6f);
    }
  }

  /** Merging buckets loses information: a divergence never grows by it. */
  @ParameterizedTest
  @EnumSource(Divergence.class)
  void growsWithTheTokensThatAreTold(Divergence divergence) {
    try (NDManager scope = Torch.newManager();
        TokenLoss loss = loss(divergence, WHOLE, WHOLE)) {
      double before = 0;
      for (int k : new int[] {1, 2, 4, 8, 16, 36}) {
        double now = result(scope, loss, top(scope, k)).divergence();
        assertThat(now).as("k %d", k).isGreaterThan(before);
        before = now;
      }
      assertThat(result(scope, loss, logits(scope)).divergence()).isGreaterThan(before - 1e-5);
    }
  }

  @ParameterizedTest
  @EnumSource(Divergence.class)
  void chunkedEqualsWhole(Divergence divergence) {
    try (NDManager scope = Torch.newManager();
        TokenLoss whole = loss(divergence, WHOLE, WHOLE);
        TokenLoss chunked = loss(divergence, 4 * VOCABULARY, 2 * VOCABULARY);
        TopKSelection slices =
            new TopKSelection(TEMPERATURE, 5, ComputeDtype.FP32, 4 * VOCABULARY, 2 * VOCABULARY)) {
      Teacher.TopK expected = top(scope, 5);
      Teacher.TopK found = slices.of(scope, logits(scope));
      assertThat(found.ids().toLongArray()).isEqualTo(expected.ids().toLongArray());
      close(found.logProbs(), expected.logProbs(), 1e-6f);
      close(found.logTail(), expected.logTail(), 1e-6f);

      TokenLoss.Result one = result(scope, whole, expected);
      TokenLoss.Result other = result(scope, chunked, expected);

      assertThat(other.divergence()).isCloseTo(one.divergence(), within(1e-5));
      assertThat(other.crossEntropy()).isCloseTo(one.crossEntropy(), within(1e-4));
      close(other.inputGradient(), one.inputGradient(), 1e-6f);
    }
  }

  /** Log-probabilities that were rounded do not sum to 1; equal distributions stay equal. */
  @ParameterizedTest
  @EnumSource(Divergence.class)
  void doesNotMindProbabilitiesThatDoNotSumToOne(Divergence divergence) {
    try (NDManager scope = Torch.newManager();
        TokenLoss loss = loss(divergence, WHOLE, WHOLE)) {
      Teacher.TopK top = top(scope, 5);
      NDArray shift = scope.full(new Shape(1), 0.01f);
      Teacher.TopK shifted =
          new Teacher.TopK(top.ids(), top.logProbs().add(shift), top.logTail().add(shift));

      TokenLoss.Result expected = result(scope, loss, top);
      TokenLoss.Result actual = result(scope, loss, shifted);

      assertThat(actual.divergence()).isCloseTo(expected.divergence(), within(1e-5));
      close(actual.inputGradient(), expected.inputGradient(), 1e-6f);
    }
  }

  /** Probabilities that are 0 in fp32 on both sides, of the full loss too. */
  @ParameterizedTest
  @EnumSource(Divergence.class)
  void isFiniteWhereBothSidesVanish(Divergence divergence) {
    for (int row = 0; row < TOKENS; row++) {
      Arrays.fill(student, row * VOCABULARY, row * VOCABULARY + 20, -1000 - row);
      Arrays.fill(teacher, row * VOCABULARY, row * VOCABULARY + 20, -2000 + row);
    }
    try (NDManager scope = Torch.newManager();
        TokenLoss loss = loss(divergence, WHOLE, WHOLE)) {
      for (Teacher.Lesson lesson :
          new Teacher.Lesson[] {logits(scope), top(scope, 17), top(scope, VOCABULARY)}) {
        TokenLoss.Result result = result(scope, loss, lesson);
        assertThat(result.divergence()).as("%s", lesson.getClass()).isFinite().isNotNegative();
        for (float gradient : result.inputGradient().toFloatArray()) {
          assertThat(gradient).isFinite();
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, VOCABULARY})
  void selectsTheMostProbableTokensAndWhatIsLeft(int k) {
    try (NDManager scope = Torch.newManager()) {
      Teacher.TopK top = top(scope, k);
      float[] logProbs = top.logProbs().toFloatArray();
      float[] tails = top.logTail().toFloatArray();
      assertThat(top.ids().getShape()).isEqualTo(new Shape(TOKENS, k));
      for (int row = 0; row < TOKENS; row++) {
        double sum = Math.exp(tails[row]);
        for (int i = 0; i < k; i++) {
          sum += Math.exp(logProbs[row * k + i]);
          assertThat(i > 0 && logProbs[row * k + i] > logProbs[row * k + i - 1]).isFalse();
        }
        assertThat(sum).as("row %d", row).isCloseTo(1, within(1e-5));
      }
    }
  }

  private static TokenLoss loss(Divergence divergence, int block, int slice) {
    LossSettings settings = new LossSettings(divergence, TEMPERATURE, KD_RATIO, 0.3, 0.2);
    return new TokenLoss(settings, ComputeDtype.FP32, ComputeDtype.FP32, block, slice);
  }

  /** The identity as the head: the input is the logits. */
  private TokenLoss.Result result(NDManager scope, TokenLoss loss, Teacher.Lesson lesson) {
    long[] targets = new long[TOKENS];
    Arrays.setAll(targets, i -> 3L * i);
    TokenLoss.Rows rows =
        new TokenLoss.Rows(
            Torch.copyOf(scope, student, new Shape(TOKENS, VOCABULARY)),
            scope.eye(VOCABULARY),
            Torch.copyOf(scope, targets, new Shape(TOKENS)),
            scope.zeros(new Shape(0), DataType.FLOAT32));
    return loss.distill(scope, rows, lesson, TOKENS);
  }

  private Teacher.Logits logits(NDManager scope) {
    NDArray input = Torch.copyOf(scope, teacher, new Shape(TOKENS, VOCABULARY));
    return new Teacher.Logits(input, scope.eye(VOCABULARY));
  }

  private Teacher.TopK top(NDManager scope, int k) {
    try (TopKSelection selection = new TopKSelection(TEMPERATURE, k, ComputeDtype.FP32)) {
      return selection.of(scope, logits(scope));
    }
  }

  private static void close(NDArray actual, NDArray expected, float tolerance) {
    float[] a = actual.toFloatArray();
    float[] e = expected.toFloatArray();
    assertThat(a).hasSameSizeAs(e);
    for (int i = 0; i < a.length; i++) {
      assertThat(a[i]).as("element %d", i).isCloseTo(e[i], within(tolerance));
    }
  }
}
