package org.pocketdistill.pipeline.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pocketdistill.config.ConfigException;
import org.pocketdistill.config.ConfigProblem;
import org.pocketdistill.config.ConfigReader;
import org.pocketdistill.data.SourceConfig;
import org.pocketdistill.pipeline.hub.ModelLocation;

/** A job and the file that it was read from. */
public record JobFile(Path path, JobConfig config) {
  /**
   * Reads a job and looks whether the files that it names exist.
   *
   * @param overrides values of the form {@code key.path=value}
   * @throws ConfigException with every problem
   */
  public static JobFile read(Path path, List<String> overrides) {
    JobFile file = new JobFile(path, ConfigReader.read(path, JobConfig.class, overrides));
    List<ConfigProblem> missing = file.missing();
    if (!missing.isEmpty()) {
      throw new ConfigException(path, missing);
    }
    return file;
  }

  /** The folder of the run. */
  public Path outputDir() {
    return config.outputDir().map(Path::of).orElseGet(() -> Path.of("runs", config.name()));
  }

  private List<ConfigProblem> missing() {
    List<ConfigProblem> problems = new ArrayList<>();
    DataConfig data = config.data();
    sources("data.train", data.train(), problems);
    sources("data.dev", data.dev(), problems);
    data.test().forEach((set, files) -> sources("data.test." + set, files, problems));
    for (int i = 0; i < config.lora().size(); i++) {
      sources("lora." + i + ".data", config.lora().get(i).options().data(), problems);
    }
    config
        .teacher()
        .lora()
        .ifPresent(adapter -> sources("teacher.lora.data", adapter.data(), problems));
    model(GivenModels.TEACHER, config.teacher().path(), problems);
    model(GivenModels.STUDENT, config.student().path(), problems);
    return problems;
  }

  /** Whether there is such a model on the hub is not asked here. */
  private void model(String key, Optional<String> location, List<ConfigProblem> problems) {
    if (location.isEmpty()) {
      return;
    }
    try {
      if (ModelLocation.parse(location.get()) instanceof ModelLocation.OnDisk disk
          && !Files.exists(disk.path())) {
        problem(key, "no such folder or GGUF file: " + disk, problems);
      }
    } catch (ConfigException e) {
      problem(key, e.getMessage(), problems);
    }
  }

  private void sources(String key, List<SourceConfig> sources, List<ConfigProblem> problems) {
    Path folder = config.data().folder(path);
    for (int i = 0; i < sources.size(); i++) {
      Path source = folder.resolve(sources.get(i).path());
      if (!Files.isRegularFile(source)) {
        problem(
            key + "." + i + ".path",
            "no such file: " + source + "; relative paths start at data.dir",
            problems);
      }
    }
  }

  private void problem(String key, String message, List<ConfigProblem> problems) {
    problems.add(new ConfigProblem(path.toString(), 0, key, message));
  }
}
