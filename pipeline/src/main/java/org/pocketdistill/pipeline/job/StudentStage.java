package org.pocketdistill.pipeline.job;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.pocketdistill.pipeline.config.GivenModels;
import org.pocketdistill.pipeline.config.JobConfig;
import org.pocketdistill.pipeline.config.ModelShape;
import org.pocketdistill.pipeline.hub.LocalModel;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/** The student before it has learned: a given model, random weights, or a part of the teacher. */
final class StudentStage {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final JobConfig job;
  private final PreparedData data;
  private final GivenModels given;
  private final TrainedModel teacher;

  StudentStage(JobConfig job, PreparedData data, GivenModels given, TrainedModel teacher) {
    this.job = job;
    this.data = data;
    this.given = given;
    this.teacher = teacher;
  }

  /** The student: a Hugging Face folder, or what was given. */
  Path folder(Path stage) {
    return given.student().map(LocalModel::path).orElse(stage.resolve("model"));
  }

  /** The job's rows as the student reads them: a part of the teacher can have fewer tokens. */
  PreparedData data(Path stage) {
    Path folder = folder(stage);
    boolean hasOwn = job.student().model().isEmpty() && Files.isDirectory(folder);
    return hasOwn ? data.withTokenizer(folder) : data;
  }

  ObjectNode run(Path stage) throws IOException {
    if (given.student().isPresent()) {
      return ModelFolders.describe(job.student().path().orElseThrow(), given.student().get());
    }
    if (job.student().prune().isPresent()) {
      return new StudentCut(job, data, teacher).run(folder(stage));
    }
    ModelShape shape = job.student().model().orElseThrow();
    ModelConfig config = ModelFolders.config(shape, job, given.tokenizerSource(), data.tokenizer());
    try (Decoder student = Decoder.random(config, job.seed(), ComputeDtype.FP32)) {
      ModelFolders.save(folder(stage), config, student.weights(), data.tokenizer());
    }
    return JSON.createObjectNode().put("parameters", config.parameters());
  }
}
