package org.pocketdistill.eval;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.pocketdistill.data.DataException;
import org.pocketdistill.eval.metric.Metric;
import org.pocketdistill.eval.result.Comparison;
import org.pocketdistill.eval.result.EvaluationResults;
import org.pocketdistill.eval.result.ModelRole;
import org.pocketdistill.eval.statistics.Bootstrap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Models set side by side on identical items: every model with the teacher; the distilled student
 * with the control, which is what distillation was worth; each adapter with the distilled student;
 * each exported file with the first one, which is what its precision cost.
 */
public record RetentionTable(Bootstrap bootstrap) {
  private static final Logger LOG = LoggerFactory.getLogger(RetentionTable.class);

  /**
   * The results of the models with all comparisons.
   *
   * @throws DataException if two models were measured on different items
   */
  public EvaluationResults of(List<ModelMeasurement> models) {
    checkNames(models);
    List<Comparison> comparisons = new ArrayList<>();
    for (ModelMeasurement model : models) {
      for (ModelMeasurement baseline : baselines(model, models)) {
        comparisons.addAll(compare(model, baseline));
      }
    }
    return new EvaluationResults(
        EvaluationResults.SCHEMA_VERSION,
        bootstrap.resamples(),
        bootstrap.seed(),
        models.stream().map(ModelMeasurement::result).toList(),
        comparisons);
  }

  /** Every metric of every task that both models were measured in. */
  public List<Comparison> compare(ModelMeasurement model, ModelMeasurement baseline) {
    List<Comparison> comparisons = new ArrayList<>();
    for (TaskMeasurement task : model.tasks()) {
      baseline
          .task(task.result().alias())
          .ifPresent(other -> comparisons.addAll(compare(model, task, baseline, other)));
    }
    return comparisons;
  }

  private static void checkNames(List<ModelMeasurement> models) {
    List<String> names = models.stream().map(m -> m.model().name()).toList();
    if (names.stream().distinct().count() < names.size()) {
      throw new IllegalArgumentException("models of the same name among " + names);
    }
  }

  private static List<ModelMeasurement> baselines(
      ModelMeasurement model, List<ModelMeasurement> models) {
    List<ModelMeasurement> baselines = new ArrayList<>();
    Optional<ModelMeasurement> step =
        switch (model.model().role()) {
          case TEACHER, TEACHER_BASE, STUDENT_INIT, CONTROL -> Optional.empty();
          case DISTILLED -> first(models, ModelRole.CONTROL);
          case ADAPTER -> first(models, ModelRole.DISTILLED);
          case EXPORTED -> first(models, ModelRole.EXPORTED);
        };
    for (Optional<ModelMeasurement> baseline : List.of(first(models, ModelRole.TEACHER), step)) {
      baseline.filter(b -> !b.model().equals(model.model())).ifPresent(baselines::add);
    }
    return baselines;
  }

  private static Optional<ModelMeasurement> first(List<ModelMeasurement> models, ModelRole role) {
    return models.stream().filter(m -> m.model().role() == role).findFirst();
  }

  private List<Comparison> compare(
      ModelMeasurement model,
      TaskMeasurement task,
      ModelMeasurement baseline,
      TaskMeasurement other) {
    checkSameItems(model, task, baseline, other);
    List<Comparison> comparisons = new ArrayList<>();
    for (Metric metric : task.task().config().metrics()) {
      PairedScores pair =
          new PairedScores(
              ScoreColumns.of(metric, task.scores(metric)),
              ScoreColumns.of(metric, other.scores(metric)),
              task.task().config().chance(metric));
      if (!pair.isDefined()) {
        continue;
      }
      if (sameTokens(metric, pair)) {
        comparisons.add(
            pair.compare(task.result(), model.model().name(), baseline.model().name(), bootstrap));
      } else {
        LOG.warn(
            "{}: perplexities of {} and {} are not compared: their tokens differ",
            task.result().alias(),
            model.model().name(),
            baseline.model().name());
      }
    }
    return comparisons;
  }

  private static void checkSameItems(
      ModelMeasurement model,
      TaskMeasurement task,
      ModelMeasurement baseline,
      TaskMeasurement other) {
    if (!task.result().itemsSha256().equals(other.result().itemsSha256())) {
      throw new DataException(
          String.format(
              "task %s: %s was measured on other items than %s (%s against %s);"
                  + " evaluate both again on the same set",
              task.result().alias(),
              model.model().name(),
              baseline.model().name(),
              task.result().itemsSha256(),
              other.result().itemsSha256()));
    }
  }

  /** Perplexity is per token: two models compare only if they split every answer alike. */
  private static boolean sameTokens(Metric metric, PairedScores pair) {
    return metric != Metric.PERPLEXITY
        || Arrays.equals(pair.model().denominators(), pair.baseline().denominators());
  }
}
