package org.pocketdistill.pipeline.job;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.pocketdistill.eval.result.AtomicFile;
import org.pocketdistill.pipeline.config.AdapterConfig;
import org.pocketdistill.pipeline.config.JobConfig;

/** Trains the job's adapters on the distilled student, each on its own, and merges each. */
final class LoraStage {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String FINISHED = "adapter.json";

  private final JobConfig job;
  private final PreparedData data;
  private final Training training;
  private final TrainedModel student;

  LoraStage(JobConfig job, PreparedData data, Training training, TrainedModel student) {
    this.job = job;
    this.data = data;
    this.training = training;
    this.student = student;
  }

  /** Hugging Face folder of the student with an adapter merged into it. */
  static Path mergedFolder(Path stage, String name) {
    return stage.resolve(name).resolve("merged");
  }

  /** PEFT folder of an adapter. */
  static Path peftFolder(Path stage, String name) {
    return stage.resolve(name).resolve("adapter");
  }

  /** The student with each adapter merged, by the adapter's name. */
  Map<String, TrainedModel> merged(Path stage, String hash) {
    Map<String, TrainedModel> merged = new LinkedHashMap<>();
    for (AdapterConfig config : job.lora()) {
      merged.put(config.name(), new TrainedModel(mergedFolder(stage, config.name()), hash));
    }
    return merged;
  }

  ObjectNode run(Path stage) throws IOException {
    ObjectNode outputs = JSON.createObjectNode();
    for (AdapterConfig config : job.lora()) {
      Path finished = stage.resolve(config.name()).resolve(FINISHED);
      if (!Files.exists(finished)) {
        ObjectNode adapter = train(config, stage);
        AtomicFile.write(finished, adapter.toString());
      }
      outputs.set(config.name(), JSON.readTree(finished.toFile()));
    }
    return outputs;
  }

  private ObjectNode train(AdapterConfig config, Path stage) throws IOException {
    return new AdapterTraining(job, data, training)
        .run(
            new AdapterTraining.Work(
                "lora " + config.name(),
                config.options(),
                student.folder(),
                data.adapterTrain().get(config.name()),
                stage.resolve(config.name()),
                mergedFolder(stage, config.name())));
  }
}
