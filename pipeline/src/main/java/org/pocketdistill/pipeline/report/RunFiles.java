package org.pocketdistill.pipeline.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.pocketdistill.config.ConfigReader;
import org.pocketdistill.data.DataException;
import org.pocketdistill.eval.result.EvaluationResults;
import org.pocketdistill.eval.result.ResultsFile;
import org.pocketdistill.pipeline.config.JobConfig;

/**
 * What stands in the folder of a run. Stages that have not run are there with status {@code not
 * run}.
 *
 * @param configYaml the resolved configuration, as it stands in {@code config.yaml}
 * @param stages in the order of the job
 * @param results empty if nothing was evaluated
 * @param trainings those that left a {@code metrics.jsonl}
 */
record RunFiles(
    JobConfig config,
    String configYaml,
    List<StageRecord> stages,
    Optional<EvaluationResults> results,
    List<Training> trainings,
    List<WrongAnswer> wrongAnswers) {
  private static final String EVALUATE = "08-evaluate";
  private static final String LORA = "06-lora";
  private static final String EXPORT = "07-export";
  private static final List<String> STAGES =
      List.of(
          "01-data",
          "02-teacher",
          "03-student",
          "04-distill",
          "05-control",
          LORA,
          EXPORT,
          EVALUATE);
  private static final String METRICS = "metrics.jsonl";

  /**
   * Reads a folder.
   *
   * @throws DataException if it is not the folder of a run, or a file in it is broken
   */
  static RunFiles read(Path run) throws IOException {
    Path config = run.resolve("config.yaml");
    if (!Files.isRegularFile(config)) {
      throw new DataException(
          run + ": no config.yaml in it: expected the folder of a run, for example runs/NAME");
    }
    List<StageRecord> stages = new ArrayList<>();
    for (String stage : STAGES) {
      stages.add(StageRecord.read(run.resolve(stage).resolve("stage.json"), stage));
    }
    Path resultsFile = run.resolve(EVALUATE).resolve("results.json");
    Optional<EvaluationResults> results =
        Files.exists(resultsFile) ? Optional.of(ResultsFile.read(resultsFile)) : Optional.empty();
    return new RunFiles(
        ConfigReader.read(config, JobConfig.class),
        Files.readString(config),
        stages,
        results,
        trainings(run, stages),
        WrongAnswer.ofShipped(run.resolve(EVALUATE), results));
  }

  /** The stage of this name, {@code 07-export} for example. */
  StageRecord stage(String name) {
    return stages.get(STAGES.indexOf(name));
  }

  /** Largest peak of all stages. */
  OptionalLong peakRssBytes() {
    return stages.stream()
        .flatMap(stage -> stage.peakRssBytes().stream())
        .mapToLong(Long::longValue)
        .max();
  }

  /** Seconds of all stages. */
  double seconds() {
    return stages.stream()
        .flatMap(stage -> stage.seconds().stream())
        .mapToDouble(Double::doubleValue)
        .sum();
  }

  private static List<Training> trainings(Path run, List<StageRecord> stages) throws IOException {
    List<Training> trainings = new ArrayList<>();
    for (String stage : List.of("02-teacher", "05-control", "04-distill")) {
      Path metrics = run.resolve(stage).resolve(METRICS);
      if (Files.exists(metrics)) {
        String name = stage.equals("04-distill") ? "distilled" : stage.substring(3);
        StageRecord record = stages.get(STAGES.indexOf(stage));
        trainings.add(Training.read(metrics, name, record.outputs()));
      }
    }
    StageRecord lora = stages.get(STAGES.indexOf(LORA));
    for (Path adapter : folders(run.resolve(LORA))) {
      Path metrics = adapter.resolve(METRICS);
      if (Files.exists(metrics)) {
        String name = adapter.getFileName().toString();
        trainings.add(Training.read(metrics, "adapter " + name, lora.outputs().path(name)));
      }
    }
    Path recovery = run.resolve(EXPORT).resolve("recover").resolve(METRICS);
    if (Files.exists(recovery)) {
      JsonNode outputs = stages.get(STAGES.indexOf(EXPORT)).outputs().path("recover");
      trainings.add(Training.read(recovery, "int4 recovery", outputs));
    }
    return trainings;
  }

  private static List<Path> folders(Path parent) throws IOException {
    if (!Files.isDirectory(parent)) {
      return List.of();
    }
    try (Stream<Path> children = Files.list(parent)) {
      return children.filter(Files::isDirectory).sorted().toList();
    }
  }
}
