package org.pocketdistill.eval;

import java.util.List;
import java.util.Optional;
import org.pocketdistill.eval.result.ModelInfo;
import org.pocketdistill.eval.result.ModelResult;

/** One model in all tasks, per-item scores included, which comparisons need. */
public record ModelMeasurement(ModelInfo model, List<TaskMeasurement> tasks) {
  public ModelMeasurement {
    tasks = List.copyOf(tasks);
  }

  /** The result without the samples. */
  public ModelResult result() {
    return new ModelResult(model, tasks.stream().map(TaskMeasurement::result).toList());
  }

  Optional<TaskMeasurement> task(String alias) {
    return tasks.stream().filter(task -> task.result().alias().equals(alias)).findFirst();
  }
}
