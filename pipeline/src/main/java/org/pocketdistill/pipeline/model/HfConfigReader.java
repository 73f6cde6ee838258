package org.pocketdistill.pipeline.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.pocketdistill.pipeline.model.ModelConfig.Family;

/** The object of config.json as a {@link ModelConfig}, or what in it is not supported. */
record HfConfigReader(HfJson json) {
  private static final int MISTRAL_SLIDING_WINDOW = 4096;
  private static final int QWEN3_HEAD_DIM = 128;

  ModelConfig read() {
    Family family = family();
    refuseUnsupported(family);
    int heads = json.positiveInt("num_attention_heads");
    return new ModelConfig(
        family,
        json.positiveInt("vocab_size"),
        json.positiveInt("hidden_size"),
        json.positiveInt("intermediate_size"),
        json.positiveInt("num_hidden_layers"),
        heads,
        keyValueHeads(family, heads),
        headDim(family, heads),
        json.positiveDouble("rms_norm_eps", 1e-6),
        ropeTheta(),
        ropeScaling(),
        json.flag("tie_word_embeddings", false),
        family == Family.QWEN2,
        family == Family.QWEN3,
        slidingWindow(family),
        json.positiveInt("max_position_embeddings"),
        tokenId("bos_token_id"),
        eosTokenIds(),
        tokenId("pad_token_id"));
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

  private void refuseUnsupported(Family family) {
    if (json.has("hidden_act") && !json.get("hidden_act").asText().equals("silu")) {
      throw json.bad("hidden_act", "\"silu\"");
    }
    boolean qwen = family == Family.QWEN2 || family == Family.QWEN3;
    for (String key : List.of("attention_bias", "mlp_bias", "use_sliding_window")) {
      boolean matters = qwen || !key.equals("use_sliding_window");
      if (matters && json.flag(key, false)) {
        throw json.bad(key, "false: true is not supported for " + family.key());
      }
    }
    if (json.has("quantization_config")) {
      throw json.bad("quantization_config", "none: quantised weights are not supported");
    }
    if (json.positiveDouble("partial_rotary_factor", 1) != 1) {
      throw json.bad("partial_rotary_factor", "1");
    }
    checkLayerTypes(family);
  }

  private void checkLayerTypes(Family family) {
    if (!json.has("layer_types")) {
      return;
    }
    String expected = slidingWindow(family).isPresent() ? "sliding_attention" : "full_attention";
    JsonNode types = json.get("layer_types");
    boolean fits = types.isArray() && types.size() == json.positiveInt("num_hidden_layers");
    for (JsonNode type : types) {
      fits &= type.asText().equals(expected);
    }
    if (!fits) {
      throw json.bad("layer_types", "\"%s\" for every layer".formatted(expected));
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

  private double ropeTheta() {
    HfJson source =
        json.has("rope_parameters") && json.child("rope_parameters").has("rope_theta")
            ? json.child("rope_parameters")
            : json;
    return source.positiveDouble("rope_theta", 10000);
  }

  private RopeScaling ropeScaling() {
    boolean old = json.has("rope_scaling");
    boolean recent = json.has("rope_parameters");
    int context = json.positiveInt("max_position_embeddings");
    RopeScaling scaling = new RopeScaling.None();
    if (old) {
      scaling = new RopeScalingReader(json.child("rope_scaling"), context).read();
    }
    if (recent) {
      HfJson parameters = json.child("rope_parameters");
      RopeScaling other =
          parameters.has("rope_type")
              ? new RopeScalingReader(parameters, context).read()
              : new RopeScaling.None();
      if (old && !scaling.equals(other)) {
        throw json.bad("rope_parameters", "the same as rope_scaling, which is there too");
      }
      scaling = other;
    }
    return scaling;
  }

  private OptionalInt tokenId(String key) {
    if (!json.has(key)) {
      return OptionalInt.empty();
    }
    int id = tokenId(key, json.get(key));
    return id < 0 ? OptionalInt.empty() : OptionalInt.of(id); // -1 stands for none in old files
  }

  private List<Integer> eosTokenIds() {
    String key = "eos_token_id";
    List<Integer> ids = new ArrayList<>();
    if (json.get(key).isArray()) {
      json.get(key).forEach(node -> ids.add(tokenId(key, node)));
    } else {
      tokenId(key).ifPresent(ids::add);
    }
    return ids;
  }

  private int tokenId(String key, JsonNode node) {
    if (!node.isIntegralNumber() || !node.canConvertToInt()) {
      throw json.bad(key, "a token id");
    }
    return node.intValue();
  }
}
