package org.pocketdistill.pipeline.job;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.pocketdistill.config.ConfigException;
import org.pocketdistill.config.ConfigReader;
import org.pocketdistill.data.Example;
import org.pocketdistill.data.ExampleReader;
import org.pocketdistill.data.JsonlSource;
import org.pocketdistill.eval.EvaluationTask;
import org.pocketdistill.eval.TaskConfig;
import org.pocketdistill.pipeline.config.EvaluateConfig;
import org.pocketdistill.pipeline.config.EvaluateConfig.TaskRun;

/** Finds task files by name or path, and joins them with the rows of an evaluation set. */
public final class TaskFiles {
  /** Set by the launcher: where PocketDistill itself lies. */
  private static final String HOME = "POCKETDISTILL_HOME";

  private final Set<Path> folders = new LinkedHashSet<>();

  /**
   * Looks in {@code tasks} beside the job file, then in {@code configs/tasks} of the working
   * directory, then in that of PocketDistill.
   */
  public TaskFiles(Path jobFolder) {
    folders.add(jobFolder.resolve("tasks"));
    folders.add(Path.of("configs", "tasks"));
    Optional.ofNullable(System.getenv(HOME))
        .ifPresent(home -> folders.add(Path.of(home, "configs", "tasks")));
  }

  /**
   * The file of a task.
   *
   * @throws ConfigException if there is none
   */
  public Path find(String task) {
    if (task.endsWith(".yaml") && Files.exists(Path.of(task))) {
      return Path.of(task);
    }
    for (Path folder : folders) {
      Path file = folder.resolve(task + ".yaml");
      if (Files.exists(file)) {
        return file;
      }
    }
    throw new ConfigException(
        "task '%s': no such file, and no %s.yaml in %s"
            .formatted(
                task,
                task,
                folders.stream().map(Path::toString).collect(Collectors.joining(", "))));
  }

  /**
   * Reads every task of a job, for what is wrong with one is better known before the training.
   *
   * @throws ConfigException if a task is missing or wrong
   */
  public void check(EvaluateConfig evaluate) {
    evaluate.tasks().forEach(run -> ConfigReader.read(find(run.task()), TaskConfig.class));
  }

  /** A task of a job on prepared rows. */
  EvaluationTask load(TaskRun run, Path rows, EvaluateConfig evaluate) throws IOException {
    TaskConfig config =
        ConfigReader.read(find(run.task()), TaskConfig.class)
            .withReasoningBudget(evaluate.reasoningBudget());
    List<Example> examples = new ArrayList<>();
    try (ExampleReader reader = JsonlSource.prepared(rows).open()) {
      reader.forEachRemaining(examples::add);
    }
    return EvaluationTask.of(config, run.set(), examples);
  }
}
