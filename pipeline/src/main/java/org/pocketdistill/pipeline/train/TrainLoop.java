package org.pocketdistill.pipeline.train;

import ai.djl.ndarray.NDArray;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.pipeline.config.TrainConfig;
import org.pocketdistill.pipeline.torch.Torch;

/**
 * Trains parameters on an objective: accumulation weighted by learned tokens, clipping, updates,
 * checkpoints. A run that was stopped at any step and started again ends with the same bits as one
 * that never stopped.
 */
public final class TrainLoop {
  private static final int DEV_MEASUREMENTS = 10;

  private final Run run;
  private final TrainConfig config;
  private final LearningRateSchedule schedule;
  private final Checkpoint checkpoint;
  private final StepClock clock = new StepClock();

  /** A loop over the steps of a run. */
  public TrainLoop(Run run) throws IOException {
    this.run = run;
    this.config = run.config();
    this.schedule = new LearningRateSchedule(config, run.totalSteps());
    Files.createDirectories(run.folder());
    this.checkpoint = new Checkpoint(run.folder());
  }

  /** Trains to the last step and returns what it took. */
  public TrainSummary train() throws IOException {
    try (Optimizer optimizer = new Optimizer(config, run.parameters(), run.masters())) {
      Objective objective = run.objectives().create(optimizer);
      Map<String, NDArray> state = Checkpoint.state(optimizer);
      long done = checkpoint.newest().isPresent() ? checkpoint.restore(state) : 0;
      run.masters().project();
      run.stop().attend(true);
      try (TrainLog log = new TrainLog(run, done)) {
        for (long step = done + 1; step <= run.totalSteps(); step++) {
          StepResult result = step(step, objective, optimizer);
          checkpoint.confirm();
          log.step(result, () -> devLoss(objective));
          saveIfDue(step, state, objective);
        }
        return log.summary(clock.shares(), finish(objective, optimizer));
      } catch (UncheckedIOException e) {
        throw new IOException(e.getCause().getMessage() + "; " + kept(), e.getCause());
      } finally {
        run.stop().attend(false);
      }
    }
  }

  /** The loss on the dev set at the end, if what the last update left can be used at all. */
  private double finish(Objective objective, Optimizer optimizer) throws IOException {
    double devLoss = devLoss(objective);
    double weights = optimizer.parameterNorm();
    if (!Double.isFinite(weights) || (!run.dev().isEmpty() && !Double.isFinite(devLoss))) {
      checkpoint.discard(run.totalSteps());
      throw diverged(
          run.totalSteps(), "after it dev loss %s, weight norm %s".formatted(devLoss, weights));
    }
    checkpoint.confirm();
    return devLoss;
  }

  /** Removes the checkpoints, once the result is saved elsewhere. */
  public void clearCheckpoints() throws IOException {
    checkpoint.clear();
  }

  private StepResult step(long step, Objective objective, Optimizer optimizer) throws IOException {
    clock.start();
    int accumulation = config.gradientAccumulationSteps();
    long first = (step - 1) * accumulation;
    List<Batch> batches = new ArrayList<>();
    long learned = 0;
    long tokens = 0;
    for (long i = first; i < first + accumulation; i++) {
      Batch batch = run.batches().get(i);
      batches.add(batch);
      learned += batch.learnedTokens();
      tokens += (long) batch.rows() * batch.length();
    }
    clock.lap(StepClock.Phase.DATA);
    Objective.LossSums sums = new Objective.LossSums(0, 0);
    for (int i = 0; i < accumulation; i++) {
      Torch.seed(run.seed() * 1_000_003 + first + i);
      sums = sums.plus(objective.accumulate(batches.get(i), learned, clock));
    }
    double norm = optimizer.gradientNorm();
    double loss = objective.loss(sums, learned);
    if (!Double.isFinite(loss) || !Double.isFinite(norm)) {
      // Ruined weights can still have a finite loss: norms make zeros of the infinite.
      checkpoint.discard(step - 1);
      throw diverged(step, "loss %s, gradient norm %s".formatted(loss, norm));
    }
    double rate = schedule.rate(step - 1);
    optimizer.step(step, rate, norm);
    clock.lap(StepClock.Phase.OPTIMIZER);
    double divergence = sums.divergence() / learned;
    double crossEntropy = sums.crossEntropy() / learned;
    double features = sums.features() / learned;
    return new StepResult(
        step, loss, divergence, crossEntropy, features, rate, norm, tokens, learned);
  }

  private TrainingException diverged(long step, String found) throws IOException {
    String clipping =
        config.maxGradNorm() > 0
            ? "lower max_grad_norm (now " + config.maxGradNorm() + ")"
            : "clip gradients with max_grad_norm (now 0: off)";
    return new TrainingException(
        TrainingException.Reason.DIVERGED,
        "%s: step %d of %d: %s, expected finite numbers; %s. Lower learning_rate (now %s), %s, or look for broken rows"
            .formatted(
                run.name(),
                step,
                run.totalSteps(),
                found,
                kept(),
                config.learningRate(),
                clipping));
  }

  private String kept() throws IOException {
    return checkpoint
        .newest()
        .map(good -> "the checkpoint of step " + good + " in " + run.folder() + " is kept")
        .orElse("there is no good checkpoint to keep");
  }

  private void saveIfDue(long step, Map<String, NDArray> state, Objective objective)
      throws IOException {
    boolean stop = run.stop().isRequested() && step < run.totalSteps();
    if (step % config.saveSteps() == 0 || step == run.totalSteps() || stop) {
      objective.beforeCheckpoint();
      checkpoint.save(step, state);
    }
    if (stop) {
      throw new TrainingException(
          TrainingException.Reason.STOPPED,
          "%s: stopped after step %d of %d, saved in %s"
              .formatted(run.name(), step, run.totalSteps(), run.folder()));
    }
  }

  private double devLoss(Objective objective) {
    double sum = 0;
    long learned = 0;
    for (Batch batch : run.dev()) {
      sum += objective.measure(batch);
      learned += batch.learnedTokens();
    }
    return learned == 0 ? Double.NaN : sum / learned;
  }

  /** Steps between measurements of the dev loss. */
  static long devInterval(long totalSteps) {
    return Math.max(1, totalSteps / DEV_MEASUREMENTS);
  }

  /**
   * What is trained, on what, and where its files go.
   *
   * @param name for messages
   * @param folder of metrics and checkpoints
   * @param parameters trained arrays by name
   * @param dev batches on which the cross entropy is watched; may be empty
   * @param masters of the parameters that hold a function of what is trained
   */
  public record Run(
      String name,
      Path folder,
      TrainConfig config,
      long seed,
      long totalSteps,
      BatchSource batches,
      List<Batch> dev,
      Map<String, NDArray> parameters,
      MasterWeights masters,
      ObjectiveFactory objectives,
      StopSignal stop) {}

  /** Makes the objective once the optimiser has allocated the gradients it adds to. */
  @FunctionalInterface
  public interface ObjectiveFactory {
    Objective create(Optimizer optimizer);
  }

  /** One optimiser step; losses are means over its learned tokens, in nats. */
  record StepResult(
      long step,
      double loss,
      double divergence,
      double crossEntropy,
      double features,
      double learningRate,
      double gradientNorm,
      long tokens,
      long learned) {}
}
