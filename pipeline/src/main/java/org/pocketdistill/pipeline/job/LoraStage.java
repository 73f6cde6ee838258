package org.pocketdistill.pipeline.job;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
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
import org.pocketdistill.pipeline.distill.StudentObjective;
import org.pocketdistill.pipeline.distill.TokenLoss;
import org.pocketdistill.pipeline.lora.LoraAdapter;
import org.pocketdistill.pipeline.lora.LoraSettings;
import org.pocketdistill.pipeline.lora.MergeCheck;
import org.pocketdistill.pipeline.lora.PeftFolder;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.HfConfigFile;
import org.pocketdistill.pipeline.model.HfFolder;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.pipeline.torch.Torch;

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

  /** PEFT folder of an adapter. */
  static Path adapterFolder(Path stage, String name) {
    return stage.resolve(name).resolve("adapter");
  }

  /** Hugging Face folder of the student with an adapter merged into it. */
  static Path mergedFolder(Path stage, String name) {
    return stage.resolve(name).resolve("merged");
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
    Path folder = stage.resolve(config.name());
    ComputeDtype dtype = Training.precision(config.train(), folder);
    LoraSettings settings = LoraSettings.of(config);
    ModelConfig model = HfConfigFile.read(student.folder());
    try (Decoder decoder =
            new Decoder(
                model, HfFolder.weights(student.folder(), model), dtype, settings.dropout());
        LoraAdapter adapter = LoraAdapter.untrained(model, settings, job.seed());
        TokenLoss loss = TokenLoss.crossEntropy(dtype);
        NDManager scope = Torch.newManager()) {
      NDArray frozenHead = scope.zeros(new Shape(0), DataType.FLOAT32);
      StudentObjective.Learner learner = new StudentObjective.Learner(decoder, adapter, frozenHead);
      return training.run(
          new Training.Work(
              "lora " + config.name(),
              folder,
              config.train(),
              data.adapterTrain().get(config.name()),
              config.data().isEmpty(),
              adapter.parameters(),
              optimizer -> StudentObjective.crossEntropy(learner, loss),
              () -> save(adapter, config, stage)));
    }
  }

  private ObjectNode save(LoraAdapter adapter, AdapterConfig config, Path stage)
      throws IOException {
    String base = student.folder().toString();
    PeftFolder.save(adapter, adapterFolder(stage, config.name()), base);
    return JSON.createObjectNode()
        .put("parameters", adapter.size())
        .put("merge_max_abs_diff", merge(adapter, config, stage));
  }

  private double merge(LoraAdapter adapter, AdapterConfig config, Path stage) throws IOException {
    try (Decoder apart = HfFolder.load(student.folder(), ComputeDtype.FP32);
        Decoder merged = HfFolder.load(student.folder(), ComputeDtype.FP32)) {
      adapter.mergeInto(merged.weights());
      Path rows = data.adapterTrain().get(config.name());
      double difference =
          MergeCheck.verify(
              config.name(), apart, adapter, merged, new TokenRows(job, data).read(rows).rows());
      ModelFolders.save(
          mergedFolder(stage, config.name()), merged, data.tokenizer(), student.folder());
      return difference;
    }
  }
}
