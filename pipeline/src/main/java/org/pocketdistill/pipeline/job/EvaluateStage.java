package org.pocketdistill.pipeline.job;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pocketdistill.eval.EvaluationTask;
import org.pocketdistill.eval.Evaluator;
import org.pocketdistill.eval.LmEvalFiles;
import org.pocketdistill.eval.ModelMeasurement;
import org.pocketdistill.eval.RetentionTable;
import org.pocketdistill.eval.result.ModelInfo;
import org.pocketdistill.eval.result.ResultsFile;
import org.pocketdistill.eval.statistics.Bootstrap;
import org.pocketdistill.pipeline.config.EvaluateConfig.TaskRun;
import org.pocketdistill.pipeline.config.JobConfig;
import org.pocketdistill.pipeline.lm.LanguageModelFolder;
import org.pocketdistill.pipeline.lm.TokenLanguageModel;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/** Measures every model of the job on the same items, exported files on ONNX Runtime. */
final class EvaluateStage {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int RESAMPLES = 2000;

  private final JobConfig job;
  private final TaskFiles taskFiles;
  private final PreparedData data;
  private final Measured models;

  EvaluateStage(JobConfig job, Path jobFolder, PreparedData data, Measured models) {
    this.job = job;
    this.taskFiles = new TaskFiles(jobFolder);
    this.data = data;
    this.models = models;
  }

  /** Keys, task files, and the models by what they depend on. */
  ObjectNode inputs() throws IOException {
    ObjectNode inputs = DataInputs.tree("evaluate", job.evaluate());
    ((ObjectNode) inputs.get("evaluate")).remove("batch_size");
    for (TaskRun run : job.evaluate().tasks()) {
      inputs.put("task." + run.task(), Files.readString(taskFiles.find(run.task())));
    }
    inputs.put("data", data.hash()).put("teacher", models.teacher().hash());
    inputs.put("student", models.student().hash()).put("exported", models.exported().hash());
    models.unadapted().ifPresent(model -> inputs.put("teacher_base", model.hash()));
    models.control().ifPresent(model -> inputs.put("control", model.hash()));
    models.adapters().forEach((name, model) -> inputs.put("lora." + name, model.hash()));
    return inputs;
  }

  ObjectNode run(Path stage) throws IOException {
    List<EvaluationTask> tasks = new ArrayList<>();
    for (TaskRun run : job.evaluate().tasks()) {
      tasks.add(taskFiles.load(run, data.sets().get(run.set()), job));
    }
    Bootstrap bootstrap = new Bootstrap(RESAMPLES, job.seed());
    Evaluator evaluator = new Evaluator(job.evaluate().batchSize(), bootstrap);
    List<ModelMeasurement> measurements = new ArrayList<>();
    for (Measured.Candidate candidate : models.candidates()) {
      ModelMeasurement measurement = measure(candidate, evaluator, tasks);
      Path samples = stage.resolve(candidate.name());
      Files.createDirectories(samples);
      LmEvalFiles.write(samples, measurement, bootstrap);
      measurements.add(measurement);
    }
    ResultsFile.write(
        stage.resolve("results.json"), new RetentionTable(bootstrap).of(measurements));
    return JSON.createObjectNode().put("models", measurements.size()).put("tasks", tasks.size());
  }

  private ModelMeasurement measure(
      Measured.Candidate candidate, Evaluator evaluator, List<EvaluationTask> tasks)
      throws IOException {
    LanguageModelFolder folder = new LanguageModelFolder(candidate.folder());
    ModelInfo info =
        new ModelInfo(
            candidate.role(),
            candidate.name(),
            relative(candidate.folder()),
            folder.config().parameters(),
            folder.bytes(),
            folder.runtime(),
            candidate.precision());
    try (TokenLanguageModel model = folder.open(ComputeDtype.FP32, job.evaluate().batchSize())) {
      return evaluator.evaluate(info, model, tasks);
    }
  }

  /** Path from the run's folder where it lies in it, so that a moved run stays true. */
  private String relative(Path folder) {
    Path run = Optional.ofNullable(data.train().getParent()).map(Path::getParent).orElse(folder);
    return folder.startsWith(run) ? run.relativize(folder).toString() : folder.toString();
  }
}
