package org.pocketdistill.pipeline.job;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.pocketdistill.pipeline.config.JobConfig;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.StoredModel;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/** The student before it has learned: a given model, or random weights. */
final class StudentStage {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final JobConfig job;
  private final PreparedData data;

  StudentStage(JobConfig job, PreparedData data) {
    this.job = job;
    this.data = data;
  }

  /** The student: a Hugging Face folder, or what was given. */
  Path folder(Path stage) {
    return job.student().path().map(Path::of).orElse(stage.resolve("model"));
  }

  ObjectNode run(Path stage) throws IOException {
    Optional<String> given = job.student().path();
    ModelConfig config =
        given.isPresent()
            ? StoredModel.open(Path.of(given.get())).config()
            : ModelFolders.config(job.student().model().orElseThrow(), job, data.tokenizer());
    if (given.isEmpty()) {
      try (Decoder student = Decoder.random(config, job.seed(), ComputeDtype.FP32)) {
        ModelFolders.save(folder(stage), config, student.weights(), data.tokenizer());
      }
    }
    return JSON.createObjectNode().put("parameters", config.parameters());
  }
}
