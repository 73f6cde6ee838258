package org.pocketdistill.pipeline.job;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.List;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.pipeline.cache.CacheSize;
import org.pocketdistill.pipeline.cache.KeptForm;
import org.pocketdistill.pipeline.config.DistillConfig.Divergence;
import org.pocketdistill.pipeline.distill.LiveTeacher;
import org.pocketdistill.pipeline.distill.LossSettings;
import org.pocketdistill.pipeline.distill.Teacher;
import org.pocketdistill.pipeline.distill.TokenLoss;
import org.pocketdistill.pipeline.distill.TopKSelection;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.pipeline.torch.Torch;

/**
 * What a cache of k tokens loses: forward KL over k + 1 buckets, with the rounding of the cache,
 * beside that over the whole vocabulary. The difference is the part of the divergence that lies
 * within the tail.
 */
public final class TopKComparison {
  private static final ObjectMapper JSON =
      JsonMapper.builder().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE).build();

  private final Decoder teacher;
  private final Decoder student;
  private final double temperature;

  TopKComparison(Decoder teacher, Decoder student, double temperature) {
    this.teacher = teacher;
    this.student = student;
    this.temperature = temperature;
  }

  /**
   * Means over positions.
   *
   * @param kl KL(teacher, student) over the buckets, in nats
   * @param tailMass the teacher's probability of all tokens but k
   * @param gradientError length of the difference between the gradients at the student's head
   *     input, as a share of that of the full gradient
   * @param bytesPerToken of a cache before compression
   */
  public record Line(int k, double kl, double tailMass, double gradientError, long bytesPerToken) {}

  /**
   * The result.
   *
   * @param student folder of the student
   * @param kl over the whole vocabulary
   */
  public record Result(
      String student,
      long positions,
      int vocabSize,
      double temperature,
      double kl,
      List<Line> lines) {
    public Result {
      lines = List.copyOf(lines);
    }

    /** The result as a JSON object. */
    public String json() {
      return JSON.valueToTree(this).toPrettyString() + "\n";
    }
  }

  /**
   * Compares at the learned positions of batches.
   *
   * @param name of the student
   */
  Result run(String name, List<Batch> batches, List<Integer> ks) {
    LossSettings settings = new LossSettings(Divergence.FORWARD_KL, temperature, 1, 0.5, 0.1);
    long positions = batches.stream().mapToLong(Batch::learnedTokens).sum();
    Sums[] sums = ks.stream().map(k -> new Sums()).toArray(Sums[]::new);
    double kl = 0;
    double squared = 0;
    try (TokenLoss loss = new TokenLoss(settings, ComputeDtype.FP32, ComputeDtype.FP32)) {
      for (Batch batch : batches) {
        try (NDManager scope = student.weights().manager().newSubManager()) {
          TokenLoss.Rows rows = rows(scope, batch);
          Teacher.Logits logits = logits(scope, batch);
          TokenLoss.Result full = loss.distill(scope, rows, logits, 1);
          float[] gradient = full.inputGradient().toFloatArray();
          kl += full.divergence();
          squared += squares(gradient, new float[gradient.length]);
          for (int i = 0; i < sums.length; i++) {
            add(scope, sums[i], ks.get(i), logits, loss, rows, gradient);
          }
        }
      }
    }
    List<Line> lines = new ArrayList<>();
    for (int i = 0; i < sums.length; i++) {
      lines.add(sums[i].line(ks.get(i), vocabSize(), positions, squared));
    }
    return new Result(name, positions, vocabSize(), temperature, kl / positions, lines);
  }

  private int vocabSize() {
    return teacher.config().vocabSize();
  }

  private void add(
      NDManager scope,
      Sums sums,
      int k,
      Teacher.Logits logits,
      TokenLoss loss,
      TokenLoss.Rows rows,
      float[] fullGradient) {
    try (TopKSelection selection = new TopKSelection(temperature, k, ComputeDtype.FP32)) {
      Teacher.TopK top = KeptForm.of(scope, selection.of(scope, logits), vocabSize());
      TokenLoss.Result buckets = loss.distill(scope, rows, top, 1);
      sums.kl += buckets.divergence();
      sums.squares += squares(buckets.inputGradient().toFloatArray(), fullGradient);
      for (float logTail : top.logTail().toFloatArray()) {
        sums.tailMass += Math.exp(logTail);
      }
    }
  }

  private static double squares(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      double difference = (double) a[i] - b[i];
      sum += difference * difference;
    }
    return sum;
  }

  private static final class Sums {
    double kl;
    double tailMass;
    double squares;

    Line line(int k, int vocabSize, long positions, double fullSquares) {
      return new Line(
          k,
          kl / positions,
          tailMass / positions,
          Math.sqrt(squares / fullSquares),
          CacheSize.bytesPerLearnedToken(vocabSize, k));
    }
  }

  private Teacher.Logits logits(NDManager scope, Batch batch) {
    long[] rows = batch.learnedPositions();
    NDArray at = Torch.copyOf(scope, rows, new Shape(rows.length));
    return (Teacher.Logits) new LiveTeacher(teacher).lesson(scope, batch, at);
  }

  private TokenLoss.Rows rows(NDManager scope, Batch batch) {
    long[] rows = batch.learnedPositions();
    NDArray at = Torch.copyOf(scope, rows, new Shape(rows.length));
    NDArray hidden = student.forward(scope, student.block(scope, batch), student.noAdapters());
    return new TokenLoss.Rows(
        student.headInput(scope, hidden, at),
        student.weights().head(),
        scope.zeros(at.getShape(), DataType.INT64),
        scope.zeros(new Shape(0), DataType.FLOAT32));
  }
}
