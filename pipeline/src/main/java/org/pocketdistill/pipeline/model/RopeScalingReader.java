package org.pocketdistill.pipeline.model;

import java.util.List;

/**
 * The {@code rope_scaling} or {@code rope_parameters} object of config.json.
 *
 * @param contextLength {@code max_position_embeddings}
 */
record RopeScalingReader(HfJson json, int contextLength) {
  private static final List<String> UNSUPPORTED =
      List.of("attention_factor", "mscale", "mscale_all_dim", "mrope_section");

  RopeScaling read() {
    for (String key : UNSUPPORTED) {
      if (json.has(key)) {
        throw json.bad(key, "none: it is not supported");
      }
    }
    if (!json.flag("truncate", true)) {
      throw json.bad("truncate", "true");
    }
    if (json.positiveDouble("partial_rotary_factor", 1) != 1) {
      throw json.bad("partial_rotary_factor", "1");
    }
    String type = type();
    return switch (type) {
      case "default" -> new RopeScaling.None();
      case "linear" -> new RopeScaling.Linear(json.positiveDouble("factor"));
      case "llama3" ->
          new RopeScaling.Llama3(
              json.positiveDouble("factor"),
              json.positiveDouble("low_freq_factor"),
              json.positiveDouble("high_freq_factor"),
              json.positiveInt("original_max_position_embeddings"));
      case "yarn" ->
          new RopeScaling.Yarn(
              json.positiveDouble("factor"),
              json.positiveDouble("beta_fast", 32),
              json.positiveDouble("beta_slow", 1),
              json.positiveInt("original_max_position_embeddings", contextLength));
      default ->
          throw json.bad(
              json.has("rope_type") ? "rope_type" : "type", "default, linear, llama3 or yarn");
    };
  }

  /** {@code type} is the name that {@code rope_type} had before; both may be there. */
  private String type() {
    if (!json.has("rope_type") && !json.has("type")) {
      throw json.bad("rope_type", "default, linear, llama3 or yarn");
    }
    String type = json.get(json.has("rope_type") ? "rope_type" : "type").asText();
    if (json.has("type") && !json.get("type").asText().equals(type)) {
      throw json.bad("type", "\"%s\" as rope_type says".formatted(type));
    }
    return type;
  }
}
