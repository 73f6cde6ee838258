package org.pocketdistill.pipeline.job;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.pocketdistill.pipeline.config.AdapterOptions;
import org.pocketdistill.pipeline.config.GivenModels;
import org.pocketdistill.pipeline.config.JobConfig;
import org.pocketdistill.pipeline.config.ModelShape;
import org.pocketdistill.pipeline.hub.LocalModel;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/**
 * The teacher: a finished model, the same adapted to the job's rows, or a model trained from
 * scratch on them.
 */
final class TeacherStage {
  private final JobConfig job;
  private final PreparedData data;
  private final Training training;
  private final GivenModels given;

  TeacherStage(JobConfig job, PreparedData data, Training training, GivenModels given) {
    this.job = job;
    this.data = data;
    this.training = training;
    this.given = given;
  }

  /** Folder or GGUF file of the teacher. */
  Path folder(Path stage) {
    Path made = stage.resolve("model");
    return job.teacher().lora().isPresent()
        ? made
        : given.teacher().map(LocalModel::path).orElse(made);
  }

  /** The finished teacher before it was adapted, if it was. */
  Optional<Path> unadapted() {
    return job.teacher().lora().flatMap(adapter -> given.teacher()).map(LocalModel::path);
  }

  ObjectNode run(Path stage) throws IOException {
    return given.teacher().isPresent() ? take(stage, given.teacher().get()) : train(stage);
  }

  private ObjectNode take(Path stage, LocalModel model) throws IOException {
    ObjectNode outputs = ModelFolders.describe(job.teacher().path().orElseThrow(), model);
    Optional<AdapterOptions> adapter = job.teacher().lora();
    if (adapter.isPresent()) {
      outputs.setAll(
          new AdapterTraining(job, data, training)
              .run(
                  new AdapterTraining.Work(
                      "teacher",
                      adapter.get(),
                      model.path(),
                      data.teacherTrain(),
                      stage,
                      folder(stage))));
    }
    return outputs;
  }

  private ObjectNode train(Path stage) throws IOException {
    ModelShape shape = job.teacher().model().orElseThrow();
    Path start = stage.resolve("untrained");
    ModelConfig config = ModelFolders.config(shape, job, given.tokenizerSource(), data.tokenizer());
    // Drawn again by a run that goes on: a killed one can have left half a folder.
    // Not the student's draw: the two must not resemble each other where their shapes agree.
    try (Decoder untrained = Decoder.random(config, ~job.seed(), ComputeDtype.FP32)) {
      ModelFolders.save(start, config, untrained.weights(), data.tokenizer());
    }
    ObjectNode outputs =
        new ModelTraining(training, data)
            .run("teacher", stage, start, job.teacher().train().orElseThrow(), Optional.empty());
    StageRunner.clear(start);
    return outputs;
  }
}
