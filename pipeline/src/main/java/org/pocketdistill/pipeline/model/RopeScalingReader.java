package org.pocketdistill.pipeline.model;

import java.util.Set;

/**
 * The {@code rope_scaling} or {@code rope_parameters} object of config.json.
 *
 * @param contextLength {@code max_position_embeddings}
 * @param typeMayMiss whether an object without a type means plain rotary embedding
 */
record RopeScalingReader(HfJson json, int contextLength, boolean typeMayMiss) {
  private static final String TYPES = "default, linear, llama3 or yarn";

  /** {@code finetuned} says how a model was made, and nothing of what it computes. */
  private static final Set<String> KNOWN =
      Set.of(
          "rope_type",
          "type",
          "rope_theta",
          "factor",
          "low_freq_factor",
          "high_freq_factor",
          "original_max_position_embeddings",
          "beta_fast",
          "beta_slow",
          "truncate",
          "partial_rotary_factor",
          "finetuned");

  RopeScaling read() {
    String type = type();
    RopeScaling scaling =
        switch (type) {
          case "default" -> new RopeScaling.None();
          case "linear" -> new RopeScaling.Linear(json.positiveDouble("factor"));
          case "llama3" -> llama3();
          case "yarn" ->
              new RopeScaling.Yarn(
                  json.positiveDouble("factor"),
                  json.positiveDouble("beta_fast", 32),
                  json.positiveDouble("beta_slow", 1),
                  json.positiveInt("original_max_position_embeddings", contextLength));
          default -> throw json.bad(json.has("rope_type") ? "rope_type" : "type", TYPES);
        };
    refuseUnsupported();
    return scaling;
  }

  private RopeScaling llama3() {
    double low = json.positiveDouble("low_freq_factor");
    double high = json.positiveDouble("high_freq_factor");
    if (!(high > low)) {
      throw json.bad("high_freq_factor", "more than low_freq_factor, which is " + low);
    }
    return new RopeScaling.Llama3(
        json.positiveDouble("factor"),
        low,
        high,
        json.positiveInt("original_max_position_embeddings"));
  }

  private void refuseUnsupported() {
    json.object()
        .fieldNames()
        .forEachRemaining(
            key -> {
              boolean known = KNOWN.contains(key);
              if (!known && json.has(key)) {
                throw json.bad(key, "none: it is not supported");
              }
            });
    if (!json.flag("truncate", true)) {
      throw json.bad("truncate", "true");
    }
    if (json.positiveDouble("partial_rotary_factor", 1) != 1) {
      throw json.bad("partial_rotary_factor", "1");
    }
  }

  /** {@code type} is the name that {@code rope_type} had before; both may be there. */
  private String type() {
    if (!json.has("rope_type") && !json.has("type")) {
      if (typeMayMiss) {
        return "default";
      }
      throw json.bad("rope_type", TYPES);
    }
    String type = json.get(json.has("rope_type") ? "rope_type" : "type").asText();
    if (json.has("type") && !json.get("type").asText().equals(type)) {
      throw json.bad("type", "\"%s\" as rope_type says".formatted(type));
    }
    return type;
  }
}
