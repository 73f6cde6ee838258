package org.pocketdistill.pipeline.config;

import java.util.List;
import org.pocketdistill.config.Key;

/** What is measured, on the same items for every model. */
public record EvaluateConfig(
    @Key(value = "tasks, each on one evaluation set", defaultValue = "[]") List<TaskRun> tasks,
    @Key(value = "sequences generated at once", defaultValue = "64", min = 1) int batchSize) {
  /** A task on an evaluation set. */
  public record TaskRun(
      @Key("task file, or name of one in configs/tasks without .yaml") String task,
      @Key("name of an evaluation set of data.test or of the generator") String set) {}
}
