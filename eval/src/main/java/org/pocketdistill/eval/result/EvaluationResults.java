package org.pocketdistill.eval.result;

import java.util.List;
import java.util.Optional;

/**
 * All that was measured in a run, {@code results.json}.
 *
 * @param schemaVersion of this form
 * @param resamples of the bootstrap
 * @param seed of the bootstrap
 * @param comparisons every model with the teacher, and each step with the one before it
 */
public record EvaluationResults(
    int schemaVersion,
    int resamples,
    long seed,
    List<ModelResult> models,
    List<Comparison> comparisons) {
  /** Form that this version reads and writes. */
  public static final int SCHEMA_VERSION = 2;

  public EvaluationResults {
    models = List.copyOf(models);
    comparisons = List.copyOf(comparisons);
  }

  /** The comparison of two models in a metric of a task. */
  public Optional<Comparison> comparison(
      TaskResult task, String metric, String model, String baseline) {
    return comparisons.stream()
        .filter(c -> c.task().equals(task.task()) && c.set().equals(task.set()))
        .filter(c -> c.metric().equals(metric))
        .filter(c -> c.model().equals(model) && c.baseline().equals(baseline))
        .findFirst();
  }

  /** The first model of a role. */
  public Optional<ModelResult> first(ModelRole role) {
    return models.stream().filter(m -> m.model().role() == role).findFirst();
  }
}
