package org.pocketdistill.pipeline.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.pocketdistill.pipeline.model.ModelConfig.Family;

/** The object of config.json as a {@link ModelConfig}, or what in it is not supported. */
record HfConfigReader(HfJson json) {
  private static final int MISTRAL_SLIDING_WINDOW = 4096;
  private static final int QWEN_MAX_WINDOW_LAYERS = 28;
  private static final int QWEN3_HEAD_DIM = 128;

  /** Far beyond any model; a larger number would fill the memory before a weight is looked for. */
  private static final int MOST_LAYERS = 4096;

  ModelConfig read() {
    Family family = family();
    HfUnsupportedOptions.refuse(json);
    int heads = json.positiveInt("num_attention_heads");
    int context = json.positiveInt("max_position_embeddings");
    int layers = layers();
    refuseBiases(family);
    checkLayerTypes(family, layers);
    HfRopeReader rope = new HfRopeReader(json, context);
    return new ModelConfig(
        family,
        json.positiveInt("vocab_size"),
        json.positiveInt("hidden_size"),
        json.positiveInt("intermediate_size"),
        layers,
        heads,
        keyValueHeads(family, heads),
        headDim(family, heads),
        json.positiveDouble("rms_norm_eps", 1e-6),
        rope.theta(),
        rope.scaling(),
        json.flag("tie_word_embeddings", false),
        family == Family.QWEN2,
        family == Family.QWEN3,
        slidingWindow(family),
        context,
        json.tokenId("bos_token_id", defaultId(family, 1)),
        json.tokenIds("eos_token_id", defaultId(family, 2)),
        json.tokenId("pad_token_id", OptionalInt.empty()));
  }

  /** Ids that transformers has for Llama and Mistral where the key is absent, and not null. */
  private static OptionalInt defaultId(Family family, int id) {
    return family == Family.LLAMA || family == Family.MISTRAL
        ? OptionalInt.of(id)
        : OptionalInt.empty();
  }

  private int layers() {
    String key = "num_hidden_layers";
    int layers = json.positiveInt(key);
    if (layers > MOST_LAYERS) {
      throw json.bad(key, "at most " + MOST_LAYERS);
    }
    return layers;
  }

  private Family family() {
    String type = json.get("model_type").asText();
    for (Family family : Family.values()) {
      if (family.key().equals(type)) {
        checkArchitecture(family);
        return family;
      }
    }
    String known =
        Arrays.stream(Family.values()).map(Family::key).collect(Collectors.joining(", "));
    throw json.bad("model_type", "one of " + known);
  }

  private void checkArchitecture(Family family) {
    if (!json.has("architectures")) {
      return;
    }
    JsonNode node = json.get("architectures");
    if (node.size() != 1 || !node.path(0).asText().equals(family.architecture())) {
      throw json.bad("architectures", "[\"%s\"]".formatted(family.architecture()));
    }
  }

  /** Qwen2 always has biases on q, k and v, whatever the key says. */
  private void refuseBiases(Family family) {
    if (family != Family.QWEN2 && json.flag("attention_bias", false)) {
      throw json.bad("attention_bias", "false: true is not supported for " + family.key());
    }
  }

  private void checkLayerTypes(Family family, int layers) {
    if (!json.has("layer_types")) {
      refuseWindowsOfSomeLayers(family, layers);
      return;
    }
    String expected = slidingWindow(family).isPresent() ? "sliding_attention" : "full_attention";
    JsonNode types = json.get("layer_types");
    boolean fits = types.isArray() && types.size() == layers;
    for (JsonNode type : types) {
      fits &= type.asText().equals(expected);
    }
    if (!fits) {
      throw json.bad("layer_types", "\"%s\" for each of %d layers".formatted(expected, layers));
    }
  }

  /** Where Qwen uses a window, its first {@code max_window_layers} layers go without. */
  private void refuseWindowsOfSomeLayers(Family family, int layers) {
    boolean qwen = family == Family.QWEN2 || family == Family.QWEN3;
    if (!qwen || !json.flag("use_sliding_window", false) || json.get("sliding_window").isNull()) {
      return;
    }
    JsonNode first = json.get("max_window_layers");
    int full = first.isMissingNode() ? QWEN_MAX_WINDOW_LAYERS : first.asInt(0);
    if (full < layers) {
      throw json.bad(
          "use_sliding_window",
          "false: sliding windows from layer %d on are not supported for %s"
              .formatted(full, family.key()));
    }
  }

  private int keyValueHeads(Family family, int heads) {
    String key = "num_key_value_heads";
    if (json.get(key).isMissingNode() && family != Family.LLAMA) {
      throw json.bad(key, "a number"); // the family's own default fits one size of it only
    }
    int keyValueHeads = json.positiveInt(key, heads);
    if (heads % keyValueHeads != 0) {
      throw json.bad(key, "a divisor of num_attention_heads = " + heads);
    }
    return keyValueHeads;
  }

  private int headDim(Family family, int heads) {
    int headDim;
    if (json.has("head_dim")) {
      headDim = json.positiveInt("head_dim");
    } else if (family == Family.QWEN3 && json.get("head_dim").isMissingNode()) {
      headDim = QWEN3_HEAD_DIM;
    } else {
      int hiddenSize = json.positiveInt("hidden_size");
      if (hiddenSize % heads != 0) {
        throw json.bad("hidden_size", "a multiple of num_attention_heads = " + heads);
      }
      headDim = hiddenSize / heads;
    }
    if (headDim % 2 != 0) {
      throw json.bad("head_dim", "an even number: the rotary embedding turns pairs");
    }
    return headDim;
  }

  private OptionalInt slidingWindow(Family family) {
    String key = "sliding_window";
    if (family != Family.MISTRAL || json.get(key).isNull()) {
      return OptionalInt.empty();
    }
    return OptionalInt.of(json.positiveInt(key, MISTRAL_SLIDING_WINDOW));
  }
}
