package org.pocketdistill.pipeline.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.pocketdistill.eval.result.AtomicFile;
import org.pocketdistill.pipeline.config.DistillConfig;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.config.JobConfig;
import org.pocketdistill.pipeline.config.RecoverConfig;
import org.pocketdistill.pipeline.recover.FakeQuantized;

/**
 * Trains the shipped model to be rounded to int4: it computes with rounded weights and learns what
 * it said before. A checkpoint and a result of its own, so that the export stage goes on where it
 * was interrupted.
 *
 * @param recover of the job
 */
record Int4Recovery(
    JobConfig job,
    PreparedData data,
    Training training,
    TrainedModel model,
    RecoverConfig recover) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String FINISHED = "recover.json";
  private static final double NO_MIXTURE = 0.5;
  private static final double NO_SKEW = 0.1;

  /** The recovery that a job asks for. */
  static Optional<Int4Recovery> of(
      JobConfig job, PreparedData data, Training training, TrainedModel model) {
    return job.export()
        .int4()
        .recover()
        .map(recover -> new Int4Recovery(job, data, training, model, recover));
  }

  /** Folder of the recovery in the export stage's. */
  static Path folder(Path stage) {
    return stage.resolve("recover");
  }

  /** The weights before they are rounded, where the training is finished. */
  TrainedModel recovered(Path stage) {
    return new TrainedModel(folder(stage).resolve("model"), model.hash());
  }

  /** Trains, or goes on training, and returns what the report shows of it. */
  JsonNode run(Path stage) throws IOException {
    Path finished = folder(stage).resolve(FINISHED);
    if (!Files.exists(finished)) {
      JsonNode outputs =
          new ModelTraining(training, data)
              .run(
                  "recover",
                  folder(stage),
                  model.folder(),
                  recover.train(),
                  Optional.of(teacher()),
                  Optional.of(rounding()));
      AtomicFile.write(finished, outputs.toString());
    }
    return JSON.readTree(finished.toFile());
  }

  /** The model itself, as it is before. */
  private ModelTraining.From teacher() {
    DistillConfig loss =
        new DistillConfig(
            DistillConfig.Divergence.FORWARD_KL,
            recover.temperature(),
            recover.kdRatio(),
            NO_MIXTURE,
            NO_SKEW,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            false,
            Optional.empty(),
            recover.train());
    return new ModelTraining.From(model.folder(), data.tokenizer(), loss, Optional.empty());
  }

  /** Blocks lie as in the package of ONNX Runtime GenAI, if there is one. */
  private FakeQuantized.Settings rounding() {
    List<OnnxPrecision> fused = job.export().precisions();
    return new FakeQuantized.Settings(job.export().int4(), fused.contains(OnnxPrecision.INT4));
  }
}
