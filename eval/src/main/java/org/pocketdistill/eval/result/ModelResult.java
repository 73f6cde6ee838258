package org.pocketdistill.eval.result;

import java.util.List;
import java.util.Optional;

/** What one model reached in all tasks. */
public record ModelResult(ModelInfo model, List<TaskResult> tasks) {
  public ModelResult {
    tasks = List.copyOf(tasks);
  }

  /** The result in a task on a set. */
  public Optional<TaskResult> task(String task, String set) {
    return tasks.stream().filter(t -> t.task().equals(task) && t.set().equals(set)).findFirst();
  }
}
