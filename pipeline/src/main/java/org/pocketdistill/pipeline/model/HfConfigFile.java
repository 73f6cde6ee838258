package org.pocketdistill.pipeline.model;

import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.model.ModelConfig.Family;
import org.pocketdistill.pipeline.safetensors.Dtype;
import org.pocketdistill.pipeline.safetensors.StrictJson;

/** Reads and writes {@code config.json} and {@code generation_config.json} of a model folder. */
public final class HfConfigFile {
  private static final String CONFIG = "config.json";
  private static final String FROM_MODEL_CONFIG = "_from_model_config";
  private static final long MAX_BYTES = 16_000_000;
  private static final JsonMapper MAPPER = new JsonMapper();

  private HfConfigFile() {}

  /**
   * Reads {@code config.json}, with the defaults that transformers has for keys that are absent.
   * The ids that end a text are those of {@code generation_config.json} beside it, if it has any.
   *
   * @param path the file or its folder
   * @throws DataException if it is missing or asks for something that is not supported
   */
  public static ModelConfig read(Path path) throws IOException {
    boolean folder = Files.isDirectory(path);
    Path file = folder ? path.resolve(CONFIG) : path;
    ModelConfig config =
        new HfConfigReader(new HfJson(file, StrictJson.readObject(file, MAX_BYTES))).read();
    return folder
        ? GenerationConfig.read(path).eosTokenIds().map(config::withEosTokenIds).orElse(config)
        : config;
  }

  /**
   * Adds to a folder's {@code generation_config.json} what that of another says beyond token ids:
   * temperature and the like, which a model keeps when it is trained on.
   */
  public static void carryGenerationSettings(Path from, Path to) throws IOException {
    Path source = from.resolve(GenerationConfig.FILE_NAME);
    Path target = to.resolve(GenerationConfig.FILE_NAME);
    if (Files.exists(source)) {
      ObjectNode settings = StrictJson.readObject(source, MAX_BYTES);
      settings.remove(FROM_MODEL_CONFIG);
      settings.setAll(StrictJson.readObject(target, MAX_BYTES));
      writeJson(settings, target);
    }
  }

  /**
   * Writes both files into a folder.
   *
   * @param dtype element type of the weights beside them, F32, F16 or BF16
   */
  public static void write(ModelConfig config, Dtype dtype, Path folder) throws IOException {
    writeJson(configJson(config, dtype), folder.resolve(CONFIG));
    ObjectNode generation = MAPPER.createObjectNode();
    putTokenIds(generation, config);
    writeJson(generation, folder.resolve(GenerationConfig.FILE_NAME));
  }

  private static ObjectNode configJson(ModelConfig config, Dtype dtype) {
    Family family = config.modelType();
    ObjectNode json = MAPPER.createObjectNode();
    json.putArray("architectures").add(family.architecture());
    json.put("model_type", family.key())
        .put("vocab_size", config.vocabSize())
        .put("hidden_size", config.hiddenSize())
        .put("intermediate_size", config.intermediateSize())
        .put("num_hidden_layers", config.numHiddenLayers())
        .put("num_attention_heads", config.numAttentionHeads())
        .put("num_key_value_heads", config.numKeyValueHeads())
        .put("head_dim", config.headDim())
        .put("hidden_act", "silu")
        .put("max_position_embeddings", config.maxPositionEmbeddings())
        .put("rms_norm_eps", config.rmsNormEps())
        .put("rope_theta", config.ropeTheta());
    if (config.ropeScaling() instanceof RopeScaling.None) {
      json.putNull("rope_scaling");
    } else {
      config.ropeScaling().write(json.putObject("rope_scaling"));
    }
    if (family == Family.LLAMA) {
      json.put("attention_bias", false).put("mlp_bias", false);
    }
    if (family == Family.QWEN3) {
      json.put("attention_bias", false);
    }
    putSlidingWindow(json, config);
    json.put("attention_dropout", 0.0).put("tie_word_embeddings", config.tieWordEmbeddings());
    putTokenIds(json, config);
    return json.put("torch_dtype", torchName(dtype)).put("use_cache", true);
  }

  private static void putSlidingWindow(ObjectNode json, ModelConfig config) {
    switch (config.modelType()) {
      case LLAMA -> {}
      case MISTRAL -> {
        if (config.slidingWindow().isPresent()) {
          json.put("sliding_window", config.slidingWindow().getAsInt());
        } else {
          json.putNull("sliding_window"); // absent would mean 4096
        }
      }
      case QWEN2, QWEN3 -> json.put("use_sliding_window", false).putNull("sliding_window");
    }
  }

  private static void putTokenIds(ObjectNode json, ModelConfig config) {
    // null, since absent would mean the family's own ids in config.json
    config
        .bosTokenId()
        .ifPresentOrElse(id -> json.put("bos_token_id", id), () -> json.putNull("bos_token_id"));
    List<Integer> eos = config.eosTokenIds();
    if (eos.isEmpty()) {
      json.putNull("eos_token_id");
    } else if (eos.size() == 1) {
      json.put("eos_token_id", eos.get(0));
    } else {
      eos.forEach(json.putArray("eos_token_id")::add);
    }
    config
        .padTokenId()
        .ifPresentOrElse(id -> json.put("pad_token_id", id), () -> json.putNull("pad_token_id"));
  }

  private static String torchName(Dtype dtype) {
    return switch (dtype) {
      case F32 -> "float32";
      case F16 -> "float16";
      case BF16 -> "bfloat16";
      default -> throw new IllegalArgumentException("no model is stored as " + dtype);
    };
  }

  private static void writeJson(ObjectNode json, Path file) throws IOException {
    DefaultPrettyPrinter printer =
        new DefaultPrettyPrinter().withObjectIndenter(new DefaultIndenter("  ", "\n"));
    Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
    try {
      String text = MAPPER.writer(printer).writeValueAsString(json);
      Files.writeString(temporary, text + "\n");
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }
}
