package org.pocketdistill.pipeline.config;

import java.util.List;
import java.util.Optional;
import org.pocketdistill.config.Checked;
import org.pocketdistill.config.Contradiction;
import org.pocketdistill.config.Key;
import org.pocketdistill.config.Rules;

/** What is measured, on the same items for every model. */
public record EvaluateConfig(
    @Key(value = "tasks, each on one evaluation set", defaultValue = "[]") List<TaskRun> tasks,
    @Key(value = "sequences generated at once", defaultValue = "64", min = 1) int batchSize,
    @Key(
            value =
                "most tokens of a trace (<think>), then it is closed and the answer has the task's"
                    + " max_new_tokens of its own; 0 closes it at once; default: as the task says",
            min = 0)
        Optional<Integer> reasoningBudget)
    implements Checked {

  @Override
  public List<Contradiction> contradictions() {
    Rules rules = new Rules();
    for (int i = 0; i < tasks.size(); i++) {
      rules.require(
          tasks.indexOf(tasks.get(i)) == i,
          "task " + tasks.get(i).task() + " on set " + tasks.get(i).set() + " is listed twice",
          "tasks." + i + ".task",
          "tasks." + i + ".set");
    }
    return rules.broken();
  }

  /** A task on an evaluation set. */
  public record TaskRun(
      @Key("task file, or name of one in configs/tasks without .yaml") String task,
      @Key("name of an evaluation set of data.test or of the generator") String set) {}
}
