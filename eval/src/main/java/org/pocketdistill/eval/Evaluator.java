package org.pocketdistill.eval;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.pocketdistill.eval.result.ModelInfo;
import org.pocketdistill.eval.statistics.Bootstrap;

/** Puts tasks to a model and scores its answers. Immutable. */
public final class Evaluator {
  private final int batchSize;
  private final Aggregation aggregation;

  /**
   * An evaluator.
   *
   * @param batchSize requests that a model gets at once
   * @param bootstrap for standard errors and intervals of metrics that are no shares
   */
  public Evaluator(int batchSize, Bootstrap bootstrap) {
    this.batchSize = new Batches(batchSize).size();
    this.aggregation = new Aggregation(bootstrap);
  }

  /** Measures a model, which stays open. */
  public ModelMeasurement evaluate(
      ModelInfo info, LanguageModel model, List<EvaluationTask> tasks) {
    Set<String> seen = new HashSet<>();
    List<TaskMeasurement> measured = new ArrayList<>();
    for (EvaluationTask task : tasks) {
      String what = info.name() + ", " + task.config().name() + " on " + task.set();
      List<Sample> samples =
          switch (task.config().outputType()) {
            case GENERATE_UNTIL ->
                new GeneratedAnswers(model, new Batches(batchSize), what).of(task);
            case MULTIPLE_CHOICE -> new ChoiceLikelihoods(model, batchSize, what).of(task);
            case LOGLIKELIHOOD_ROLLING -> new TextLikelihoods(model, batchSize, what).of(task);
          };
      TaskMeasurement measurement =
          new TaskMeasurement(task, aggregation.result(task, samples), samples);
      if (!seen.add(measurement.result().alias())) {
        throw new IllegalArgumentException("task " + measurement.result().alias() + " twice");
      }
      measured.add(measurement);
    }
    return new ModelMeasurement(info, measured);
  }
}
