package org.pocketdistill.pipeline.job;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.pocketdistill.config.ConfigException;
import org.pocketdistill.config.ConfigReader;
import org.pocketdistill.data.Example;
import org.pocketdistill.data.ExampleReader;
import org.pocketdistill.data.JsonlSource;
import org.pocketdistill.eval.EvaluationTask;
import org.pocketdistill.eval.TaskConfig;

/** Finds task files by name or path, and joins them with the rows of an evaluation set. */
public final class TaskFiles {
  private final List<Path> folders;

  /**
   * Looks in {@code tasks} beside the job file, then in {@code configs/tasks} of the working
   * directory.
   */
  public TaskFiles(Path jobFolder) {
    this.folders = List.of(jobFolder.resolve("tasks"), Path.of("configs", "tasks"));
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
        "task '" + task + "': no such file, and no " + task + ".yaml in " + folders);
  }

  /** A task on prepared rows. */
  public EvaluationTask load(String task, String set, Path rows) throws IOException {
    TaskConfig config = ConfigReader.read(find(task), TaskConfig.class);
    List<Example> examples = new ArrayList<>();
    try (ExampleReader reader = JsonlSource.prepared(rows).open()) {
      reader.forEachRemaining(examples::add);
    }
    return EvaluationTask.of(config, set, examples);
  }
}
