package org.pocketdistill.pipeline.distill;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.batch.TokenizedExample;
import org.pocketdistill.pipeline.config.TrainConfig;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.pipeline.train.Optimizer;
import org.pocketdistill.pipeline.train.StepClock;
import org.pocketdistill.pipeline.train.StepClock.Phase;

/**
 * What training a model on cross entropy costs on this machine, in seconds.
 *
 * @param forward through the layers, per token
 * @param backward through the layers, per token
 * @param loss head and loss with their gradients, per learned token
 * @param optimizer per step
 */
public record StepCost(double forward, double backward, double loss, double optimizer) {
  /** Enough to keep the cores busy; a large model takes seconds for it. */
  private static final int TOKENS = 1024;

  private static final long MEASURED_NANOS = 700_000_000;
  private static final int LAYERS = 2;

  /**
   * Times real steps on random tokens for about a second and takes the fastest, which other work on
   * the machine has disturbed least. Of a deep model two layers are built, and their times
   * multiplied.
   *
   * @param rowLength tokens of a row
   */
  public static StepCost measure(
      ModelConfig shape, TrainConfig train, int rowLength, ComputeDtype dtype) {
    ModelConfig cut = shape.withLayers(Math.min(LAYERS, shape.numHiddenLayers()));
    int rows = Math.max(1, Math.min(train.batchSize(), TOKENS / rowLength));
    Batch batch = batch(rows, rowLength, shape.vocabSize());
    try (Decoder decoder = Decoder.random(cut, 1, dtype);
        TokenLoss loss = TokenLoss.crossEntropy(dtype);
        Optimizer optimizer = new Optimizer(train, parameters(decoder))) {
      NDArray headGradient = optimizer.gradient(decoder.weights().head());
      StudentObjective objective =
          StudentObjective.crossEntropy(
              new StudentObjective.Learner(decoder, decoder.noAdapters(), headGradient), loss);
      step(objective, optimizer, batch);
      long started = System.nanoTime();
      StepCost fastest = step(objective, optimizer, batch);
      while (System.nanoTime() - started < MEASURED_NANOS) {
        StepCost cost = step(objective, optimizer, batch);
        fastest = cost.seconds(batch) < fastest.seconds(batch) ? cost : fastest;
      }
      return fastest.scaled(shape, cut);
    }
  }

  private static Map<String, NDArray> parameters(Decoder decoder) {
    Map<String, NDArray> parameters = new LinkedHashMap<>();
    decoder.weights().names().forEach(name -> parameters.put(name, decoder.weights().get(name)));
    return parameters;
  }

  private static StepCost step(StudentObjective objective, Optimizer optimizer, Batch batch) {
    StepClock clock = new StepClock();
    long started = System.nanoTime();
    clock.start();
    objective.accumulate(batch, batch.learnedTokens(), clock);
    optimizer.step(1, 0, optimizer.gradientNorm());
    clock.lap(Phase.OPTIMIZER);
    double seconds = (System.nanoTime() - started) / 1e9;
    Map<String, Double> shares = clock.shares();
    int tokens = batch.inputIds().length;
    return new StepCost(
        seconds * shares.get("forward") / tokens,
        seconds * shares.get("backward") / tokens,
        seconds * shares.get("loss") / batch.learnedTokens(),
        seconds * shares.get("optimizer"));
  }

  private double seconds(Batch batch) {
    return batch.inputIds().length * (forward + backward)
        + batch.learnedTokens() * loss
        + optimizer;
  }

  private StepCost scaled(ModelConfig whole, ModelConfig cut) {
    double layers = (double) whole.numHiddenLayers() / cut.numHiddenLayers();
    double parameters = (double) whole.parameters() / cut.parameters();
    return new StepCost(forward * layers, backward * layers, loss, optimizer * parameters);
  }

  /** Rows of one document each, of which every second token is learned. */
  private static Batch batch(int rows, int length, int vocabSize) {
    int size = rows * length;
    long[] ids = new SplittableRandom(1).longs(size, 0, vocabSize).toArray();
    long[] positions = new long[size];
    long[] documents = new long[size];
    long[] targets = new long[size];
    Arrays.fill(documents, 1);
    for (int i = 0; i < size; i++) {
      positions[i] = i % length;
      targets[i] = i % 2 == 0 ? ids[(i + 1) % size] : TokenizedExample.IGNORE_INDEX;
    }
    return new Batch(rows, length, ids, positions, documents, targets, (size + 1) / 2);
  }
}
