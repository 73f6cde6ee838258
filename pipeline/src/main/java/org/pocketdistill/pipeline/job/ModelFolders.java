package org.pocketdistill.pipeline.job;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.config.JobConfig;
import org.pocketdistill.pipeline.config.ModelShape;
import org.pocketdistill.pipeline.config.ModelShape.ModelType;
import org.pocketdistill.pipeline.hub.LocalModel;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.HfConfigFile;
import org.pocketdistill.pipeline.model.HfFolder;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.RopeScaling;
import org.pocketdistill.pipeline.model.StoredModel;
import org.pocketdistill.pipeline.model.Weights;
import org.pocketdistill.pipeline.safetensors.Dtype;
import org.pocketdistill.tokenize.HfTokenizer;

/** Model folders of a run: Hugging Face's files with the job's tokenizer beside the weights. */
final class ModelFolders {
  private static final double RMS_NORM_EPS = 1e-5;
  private static final List<String> REQUIRED = List.of("tokenizer.json", "tokenizer_config.json");
  private static final List<String> OPTIONAL =
      List.of(
          "chat_template.jinja",
          "additional_chat_templates/tool_use.jinja",
          "special_tokens_map.json");

  private ModelFolders() {}

  /**
   * Configuration of a model from scratch with a tokenizer. It has as many logits as a given model,
   * which often has some more than its tokenizer has ids, so that the two can be compared.
   */
  static ModelConfig config(
      ModelShape shape, JobConfig job, Optional<LocalModel> given, Path tokenizerFolder)
      throws IOException {
    try (HfTokenizer tokenizer = HfTokenizer.load(tokenizerFolder)) {
      ModelType type = shape.modelType();
      return new ModelConfig(
          ModelConfig.Family.valueOf(type.name()),
          given.isPresent()
              ? StoredModel.open(given.get().path()).config().vocabSize()
              : tokenizer.vocabSize(),
          shape.hiddenSize(),
          shape.intermediateSize(),
          shape.numHiddenLayers(),
          shape.numAttentionHeads(),
          shape.numKeyValueHeads().orElse(shape.numAttentionHeads()),
          shape.headDim().orElse(shape.hiddenSize() / shape.numAttentionHeads()),
          RMS_NORM_EPS,
          shape.ropeTheta(),
          new RopeScaling.None(),
          shape.tieWordEmbeddings(),
          type == ModelType.QWEN2,
          type == ModelType.QWEN3,
          shape.slidingWindow().isPresent()
              ? OptionalInt.of(shape.slidingWindow().get())
              : OptionalInt.empty(),
          contextLength(job),
          OptionalInt.empty(),
          tokenizer.eosId().stream().boxed().toList(),
          tokenizer.padId());
    }
  }

  /** What a stage says of a given model: where it was found, and how large it is. */
  static ObjectNode describe(String location, LocalModel model) throws IOException {
    long parameters = StoredModel.open(model.path()).config().parameters();
    ObjectNode outputs = new ObjectMapper().createObjectNode().put("parameters", parameters);
    outputs.put("path", location);
    model.commit().ifPresent(commit -> outputs.put("commit", commit));
    return outputs;
  }

  /** Longest sequence of the job's models. */
  static int contextLength(JobConfig job) {
    return Math.max(job.data().maxSeqLen(), job.export().contextLength());
  }

  /** Saves a model with its tokenizer, in fp32. */
  static void save(Path folder, ModelConfig config, Weights weights, Path tokenizer)
      throws IOException {
    HfFolder.save(folder, config, weights, Dtype.F32);
    copyTokenizer(tokenizer, folder);
  }

  /**
   * Saves a model that was trained on from the one in {@code origin}, as it is meant to be used.
   */
  static void save(Path folder, Decoder model, Path tokenizer, Path origin) throws IOException {
    save(folder, model.config(), model.weights(), tokenizer);
    HfConfigFile.carryGenerationSettings(origin, folder);
  }

  static void copyTokenizer(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    for (String file : REQUIRED) {
      if (!Files.exists(from.resolve(file))) {
        throw new DataException(
            from + ": no " + file + " in it, expected the tokenizer's files beside the model");
      }
      Files.copy(from.resolve(file), to.resolve(file), StandardCopyOption.REPLACE_EXISTING);
    }
    for (String file : OPTIONAL) {
      if (Files.exists(from.resolve(file))) {
        Files.createDirectories(to.resolve(file).getParent());
        Files.copy(from.resolve(file), to.resolve(file), StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  /** Whether a file of a model folder belongs to its tokenizer. */
  static boolean isTokenizer(Path file) {
    String name = file.getFileName().toString();
    return REQUIRED.contains(name) || OPTIONAL.contains(name);
  }
}
