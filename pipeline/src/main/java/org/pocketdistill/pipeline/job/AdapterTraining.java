package org.pocketdistill.pipeline.job;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import org.pocketdistill.pipeline.config.AdapterOptions;
import org.pocketdistill.pipeline.config.AdapterOptions.Quantization;
import org.pocketdistill.pipeline.config.JobConfig;
import org.pocketdistill.pipeline.distill.LayerwiseObjective;
import org.pocketdistill.pipeline.distill.StudentObjective;
import org.pocketdistill.pipeline.distill.TokenLoss;
import org.pocketdistill.pipeline.lora.LoraAdapter;
import org.pocketdistill.pipeline.lora.LoraSettings;
import org.pocketdistill.pipeline.lora.MergeCheck;
import org.pocketdistill.pipeline.lora.PeftFolder;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.HfConfigFile;
import org.pocketdistill.pipeline.model.ProjectionFormat;
import org.pocketdistill.pipeline.model.StoredModel;
import org.pocketdistill.pipeline.model.Weights;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.pipeline.torch.Torch;
import org.pocketdistill.pipeline.train.Objective;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Training of an adapter on a frozen model, and its merge, which is verified. */
final class AdapterTraining {
  private static final Logger LOG = LoggerFactory.getLogger("train");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final JobConfig job;
  private final PreparedData data;
  private final Training training;

  AdapterTraining(JobConfig job, PreparedData data, Training training) {
    this.job = job;
    this.data = data;
    this.training = training;
  }

  /**
   * One adapter.
   *
   * @param name of the training in the log
   * @param base the model: a folder or a GGUF file
   * @param rows prepared file to train on
   * @param folder of checkpoints and metrics
   * @param merged Hugging Face folder that the model goes to with the adapter merged into it
   */
  record Work(String name, AdapterOptions options, Path base, Path rows, Path folder, Path merged) {
    /** PEFT folder. */
    Path adapter() {
      return folder.resolve("adapter");
    }
  }

  /** Trains, or goes on training, and returns what the report shows of it. */
  ObjectNode run(Work work) throws IOException {
    AdapterOptions options = work.options();
    ComputeDtype dtype = Training.precision(options.train(), work.folder());
    LoraSettings settings = LoraSettings.of(options);
    StoredModel base = StoredModel.open(work.base());
    try (Decoder frozen = frozen(base, options, dtype);
        LoraAdapter adapter =
            LoraAdapter.untrained(base.config(), settings, job.seed(), frozen.weights());
        TokenLoss loss = TokenLoss.crossEntropy(dtype);
        NDManager scope = Torch.newManager()) {
      NDArray frozenHead = scope.zeros(new Shape(0), DataType.FLOAT32);
      adapter.attachHead(frozen.weights());
      return training.run(
          new Training.Work(
              work.name(),
              work.folder(),
              options.train(),
              work.rows(),
              options.data().isEmpty(),
              adapter.parameters(),
              optimizer -> {
                NDArray gradient = adapter.head().map(optimizer::gradient).orElse(frozenHead);
                return objective(
                    options, new StudentObjective.Learner(frozen, adapter, gradient), loss);
              },
              () -> save(frozen, adapter, work)));
    }
  }

  private static Decoder frozen(StoredModel base, AdapterOptions options, ComputeDtype dtype)
      throws IOException {
    Weights weights = base.weights(base.config().vocabSize(), format(options));
    LOG.info(
        "frozen weights: {} MB in memory, {} MB in fp32",
        weights.bytes() / 1_000_000,
        Float.BYTES * base.config().parameters() / 1_000_000);
    return new Decoder(base.config(), weights, dtype, options.loraDropout());
  }

  private static ProjectionFormat format(AdapterOptions options) {
    if (options.quantization() == Quantization.NONE) {
      return ProjectionFormat.FP32;
    }
    return options.doubleQuant() ? ProjectionFormat.NF4_DOUBLE_QUANT : ProjectionFormat.NF4;
  }

  private static Objective objective(
      AdapterOptions options, StudentObjective.Learner learner, TokenLoss loss) {
    return options.quantization() == Quantization.NONE
        ? StudentObjective.crossEntropy(learner, loss)
        : new LayerwiseObjective(learner, loss);
  }

  /** The model that the adapter was trained on, in fp32: a packed one as what it stands for. */
  private static Decoder unpacked(StoredModel base, AdapterOptions options) throws IOException {
    if (format(options) == ProjectionFormat.FP32) {
      return base.decoder(ComputeDtype.FP32);
    }
    try (Weights packed = base.weights(base.config().vocabSize(), format(options))) {
      return new Decoder(base.config(), packed.unpacked(base.config()), ComputeDtype.FP32, 0);
    }
  }

  /** Closes the trained-on model first: merging loads it once more. */
  private ObjectNode save(Decoder frozen, LoraAdapter adapter, Work work) throws IOException {
    long frozenBytes = frozen.weights().bytes();
    frozen.close();
    PeftFolder.save(adapter, work.adapter(), work.base().toString());
    try (Decoder model = unpacked(StoredModel.open(work.base()), work.options())) {
      double difference =
          MergeCheck.merge(
              work.name(), model, adapter, new TokenRows(job, data).read(work.rows()).rows());
      ModelFolders.save(work.merged(), adapter.mergedConfig(), model.weights(), data.tokenizer());
      HfConfigFile.carryGenerationSettings(work.base(), work.merged());
      return JSON.createObjectNode()
          .put("adapter_parameters", adapter.size())
          .put("frozen_bytes", frozenBytes)
          .put("merge_max_abs_diff", difference);
    }
  }
}
