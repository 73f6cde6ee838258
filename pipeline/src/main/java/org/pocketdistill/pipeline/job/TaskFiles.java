package org.pocketdistill.pipeline.job;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.pocketdistill.config.ConfigException;
import org.pocketdistill.config.ConfigReader;
import org.pocketdistill.data.DataFormat;
import org.pocketdistill.data.Example;
import org.pocketdistill.data.ExampleReader;
import org.pocketdistill.data.JsonlSource;
import org.pocketdistill.data.SourceConfig;
import org.pocketdistill.eval.EvaluationTask;
import org.pocketdistill.eval.OutputType;
import org.pocketdistill.eval.TaskConfig;
import org.pocketdistill.pipeline.config.EvaluateConfig;
import org.pocketdistill.pipeline.config.EvaluateConfig.TaskRun;
import org.pocketdistill.pipeline.config.JobConfig;

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
   * @throws ConfigException if a task is missing or wrong, or its evaluation set has rows of
   *     another shape than it needs
   */
  public void check(JobConfig job) {
    for (TaskRun run : job.evaluate().tasks()) {
      OutputType type = read(run).outputType();
      for (SourceConfig source : job.data().test().getOrDefault(run.set(), List.of())) {
        requireFit(run, type, source.format());
      }
      if (!job.data().test().containsKey(run.set())) {
        requireFit(run, type, DataFormat.MESSAGES);
      }
    }
  }

  private static void requireFit(TaskRun run, OutputType type, DataFormat format) {
    boolean fits =
        switch (type) {
          case GENERATE_UNTIL -> format != DataFormat.TEXT;
          case MULTIPLE_CHOICE -> format == DataFormat.MULTIPLE_CHOICE;
          case LOGLIKELIHOOD_ROLLING -> format == DataFormat.TEXT;
        };
    if (!fits) {
      throw new ConfigException(
          "task '%s' on set '%s': the set has rows of the shape %s, expected %s, for the task's output_type is %s"
              .formatted(
                  run.task(),
                  run.set(),
                  key(format),
                  switch (type) {
                    case GENERATE_UNTIL -> "conversations";
                    case MULTIPLE_CHOICE -> key(DataFormat.MULTIPLE_CHOICE);
                    case LOGLIKELIHOOD_ROLLING -> key(DataFormat.TEXT);
                  },
                  key(type)));
    }
  }

  private static String key(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  /** Evaluation sets whose rows have to fit a model's context whole, with their answers. */
  Set<String> answeredSets(EvaluateConfig evaluate) {
    return evaluate.tasks().stream()
        .filter(run -> read(run).outputType() == OutputType.GENERATE_UNTIL)
        .map(TaskRun::set)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  private TaskConfig read(TaskRun run) {
    return ConfigReader.read(find(run.task()), TaskConfig.class);
  }

  /**
   * A task of a job on prepared rows. Texts are read in windows that fit the exported package, for
   * a perplexity falls with a longer window: in the same windows, models can be compared.
   */
  EvaluationTask load(TaskRun run, Path rows, JobConfig job) throws IOException {
    TaskConfig config =
        read(run)
            .withReasoningBudget(job.evaluate().reasoningBudget())
            .withLongestWindow(job.export().contextLength() - 1);
    List<Example> examples = new ArrayList<>();
    try (ExampleReader reader = JsonlSource.prepared(rows).open()) {
      reader.forEachRemaining(examples::add);
    }
    return EvaluationTask.of(config, run.set(), examples);
  }
}
