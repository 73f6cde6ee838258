package org.pocketdistill.pipeline.distill;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.batch.TokenizedExample;
import org.pocketdistill.pipeline.distill.FeatureLoss.Inside;
import org.pocketdistill.pipeline.distill.FeatureLoss.Wanted;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.Decoder.HiddenStates;
import org.pocketdistill.pipeline.model.LayerAdapters;
import org.pocketdistill.pipeline.model.TokenBlock;
import org.pocketdistill.pipeline.torch.Gradients;
import org.pocketdistill.pipeline.torch.Torch;
import org.pocketdistill.pipeline.train.Objective;
import org.pocketdistill.pipeline.train.StepClock;
import org.pocketdistill.pipeline.train.StepClock.Phase;

/**
 * Cross entropy on the learned tokens, mixed with the divergence from a teacher if there is one.
 *
 * <p>The teacher is asked once per micro-batch. The student's layers are recorded up to the head
 * input of the learned tokens; the loss adds the head's gradient and returns the head input's in
 * closed form, and that is pushed back through the layers.
 */
public final class StudentObjective implements Objective {
  private final Learner learner;
  private final Optional<Teacher> teacher;
  private final TokenLoss tokenLoss;
  private final LossSettings settings;
  private final Optional<FeatureLoss> features;
  private final NDManager manager;

  /** Distillation from a teacher. */
  public static StudentObjective distil(
      Learner learner, Teacher teacher, TokenLoss tokenLoss, LossSettings settings) {
    return new StudentObjective(
        learner, Optional.of(teacher), tokenLoss, settings, Optional.empty());
  }

  /** Distillation from a teacher's distributions and from what is inside it. */
  public static StudentObjective distil(
      Learner learner,
      Teacher teacher,
      TokenLoss tokenLoss,
      LossSettings settings,
      FeatureLoss features) {
    return new StudentObjective(
        learner, Optional.of(teacher), tokenLoss, settings, Optional.of(features));
  }

  /** The same on batches whose targets are no answers to learn: without cross entropy. */
  public StudentObjective withoutCrossEntropy() {
    return new StudentObjective(
        learner,
        teacher,
        tokenLoss.withoutCrossEntropy(),
        settings.withoutCrossEntropy(),
        features);
  }

  /** Cross entropy alone. */
  public static StudentObjective crossEntropy(Learner learner, TokenLoss tokenLoss) {
    return new StudentObjective(
        learner, Optional.empty(), tokenLoss, LossSettings.CROSS_ENTROPY, Optional.empty());
  }

  private StudentObjective(
      Learner learner,
      Optional<Teacher> teacher,
      TokenLoss tokenLoss,
      LossSettings settings,
      Optional<FeatureLoss> features) {
    this.learner = learner;
    this.teacher = teacher;
    this.tokenLoss = tokenLoss;
    this.settings = settings;
    this.features = features;
    this.manager = learner.decoder().weights().manager();
  }

  @Override
  public LossSums accumulate(Batch batch, long learnedTokens, StepClock clock) {
    try (NDManager scope = manager.newSubManager()) {
      LearnedTokens learned = LearnedTokens.of(batch);
      if (learned.rows().length == 0) {
        return new LossSums(0, 0);
      }
      NDArray rows = Torch.copyOf(scope, learned.rows(), new Shape(learned.rows().length));
      NDArray targets = Torch.copyOf(scope, learned.targets(), rows.getShape());
      clock.lap(Phase.DATA);
      Optional<Teacher.Lesson> lesson = teacher.map(source -> source.lesson(scope, batch, rows));
      clock.lap(Phase.TEACHER);
      try (Gradients.Recording recording = Gradients.record()) {
        Decoder student = learner.decoder();
        TokenBlock block = student.block(scope, batch);
        Wanted wanted = features.map(FeatureLoss::student).orElse(Wanted.NOTHING);
        HiddenStates states = student.forward(scope, block, learner.adapters(), wanted.states());
        NDArray input = student.headInput(scope, states.last(), rows);
        recording.pause();
        clock.lap(Phase.FORWARD);
        TokenLoss.Rows predictions =
            new TokenLoss.Rows(input, student.weights().head(), targets, learner.headGradient());
        TokenLoss.Result result =
            lesson.isPresent()
                ? tokenLoss.distill(scope, predictions, lesson.get(), learnedTokens)
                : tokenLoss.learn(scope, predictions, learnedTokens);
        clock.lap(Phase.LOSS);
        double inner = 0;
        if (features.isEmpty()) {
          recording.backward(input, result.inputGradient());
        } else {
          recording.resume();
          Inside own = wanted.of(scope, student, states.kept(), block, learner.adapters());
          List<NDArray> losses =
              features
                  .get()
                  .losses(scope, own, inside(lesson.get()), rows, block.mask(), learnedTokens);
          NDArray all = features.get().combined(scope, input, result.inputGradient(), losses);
          clock.lap(Phase.LOSS);
          recording.backward(all, scope.ones(all.getShape()));
          inner = losses.stream().mapToDouble(NDArray::getFloat).sum() * learnedTokens;
        }
        clock.lap(Phase.BACKWARD);
        return new LossSums(result.divergence(), result.crossEntropy(), inner);
      }
    }
  }

  private static Inside inside(Teacher.Lesson lesson) {
    if (lesson instanceof Teacher.Logits logits && logits.features().isPresent()) {
      return logits.features().get();
    }
    throw new IllegalStateException("a lesson without what is inside the teacher: " + lesson);
  }

  @Override
  public double measure(Batch batch) {
    try (NDManager scope = manager.newSubManager()) {
      LearnedTokens learned = LearnedTokens.of(batch);
      if (learned.rows().length == 0) {
        return 0;
      }
      Decoder student = learner.decoder();
      NDArray rows = Torch.copyOf(scope, learned.rows(), new Shape(learned.rows().length));
      NDArray targets = Torch.copyOf(scope, learned.targets(), rows.getShape());
      NDArray hidden = student.forward(scope, student.block(scope, batch), learner.adapters());
      NDArray input = student.headInput(scope, hidden, rows);
      return tokenLoss.measure(
          scope,
          new TokenLoss.Rows(input, student.weights().head(), targets, learner.headGradient()));
    }
  }

  @Override
  public void beforeCheckpoint() throws IOException {
    if (teacher.isPresent()) {
      teacher.get().flush();
    }
  }

  @Override
  public double loss(LossSums sums, long learned) {
    if (teacher.isEmpty()) {
      return sums.crossEntropy() / learned;
    }
    double squared = settings.temperature() * settings.temperature();
    return (settings.kdRatio() * squared * sums.divergence()
            + (1 - settings.kdRatio()) * sums.crossEntropy()
            + sums.features())
        / learned;
  }

  /**
   * The model that learns.
   *
   * @param headGradient [V, hidden] gradient of its head; empty if the head is frozen
   */
  public record Learner(Decoder decoder, LayerAdapters adapters, NDArray headGradient) {}

  /** Where a batch predicts learned tokens: index into its tokens, and the token to predict. */
  record LearnedTokens(long[] rows, long[] targets) {
    static LearnedTokens of(Batch batch) {
      long[] rows = new long[batch.learnedTokens()];
      long[] targets = new long[batch.learnedTokens()];
      int n = 0;
      for (int i = 0; i < batch.targets().length; i++) {
        if (batch.targets()[i] != TokenizedExample.IGNORE_INDEX) {
          rows[n] = i;
          targets[n] = batch.targets()[i];
          n++;
        }
      }
      return new LearnedTokens(rows, targets);
    }
  }
}
