package org.pocketdistill.pipeline.lora;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.model.Projection;

/** {@code adapter_config.json}. */
record PeftConfig(Path file, JsonNode json) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ALL_LINEAR = "all-linear";
  private static final List<String> EMBEDDING_NAMES = List.of("embed_tokens", LoraTensor.EMBEDDING);

  /** Options that change what is computed and that are not supported: refused unless off. */
  private static final List<String> UNSUPPORTED =
      List.of(
          "use_qalora",
          "use_bdlora",
          "lora_bias",
          "fan_in_fan_out",
          "exclude_modules",
          "layer_replication",
          "layers_to_transform",
          "trainable_token_indices",
          "target_parameters",
          "alora_invocation_tokens");

  /** The file of an adapter; only keys that older versions of PEFT know, where they are enough. */
  static ObjectNode write(LoraSettings settings, String baseModel) {
    ObjectNode json = JSON.createObjectNode();
    json.put("peft_type", "LORA")
        .put("task_type", "CAUSAL_LM")
        .put("base_model_name_or_path", baseModel)
        .put("inference_mode", true)
        .put("r", settings.r());
    putNumber(json, "lora_alpha", settings.alpha());
    json.put("lora_dropout", settings.dropout())
        .put("use_rslora", settings.useRslora())
        .put("bias", "none")
        .put("fan_in_fan_out", false)
        .put("init_lora_weights", true);
    if (settings.useDora()) {
      json.put("use_dora", true);
    }
    ObjectNode ranks = json.putObject("rank_pattern");
    settings.rankPattern().forEach(ranks::put);
    ObjectNode alphas = json.putObject("alpha_pattern");
    settings.alphaPattern().forEach((pattern, alpha) -> putNumber(alphas, pattern, alpha));
    if (settings.savesHead()) {
      json.putArray("modules_to_save").add(LoraTensor.HEAD);
    } else {
      json.putNull("modules_to_save");
    }
    TargetModules targets = settings.targets();
    if (targets.expression().isPresent()) {
      json.put("target_modules", targets.expression().get());
    } else {
      ArrayNode names = json.putArray("target_modules");
      targets.names().forEach(names::add);
    }
    return json;
  }

  /** PEFT's own files have whole numbers. */
  private static void putNumber(ObjectNode json, String key, double value) {
    if (value == Math.rint(value) && Math.abs(value) < Integer.MAX_VALUE) {
      json.put(key, (int) value);
    } else {
      json.put(key, value);
    }
  }

  /**
   * The options.
   *
   * @throws DataException if one is not supported or wrong
   */
  LoraSettings settings() {
    if (!json.path("peft_type").asText().equals("LORA")) {
      throw bad("peft_type", json.path("peft_type"), "LORA");
    }
    UNSUPPORTED.forEach(this::requireOff);
    if (!json.path("bias").asText("none").equals("none")) {
      throw bad("bias", json.path("bias"), "none");
    }
    LoraSettings settings =
        new LoraSettings(
            rank("r", json.path("r")),
            json.path("lora_alpha").asDouble(8),
            json.path("lora_dropout").asDouble(0),
            json.path("use_rslora").asBoolean(false),
            json.path("use_dora").asBoolean(false),
            targets(json.path("target_modules")),
            patterns("rank_pattern", value -> rank("rank_pattern", value)),
            patterns("alpha_pattern", this::alpha),
            savesHead(json.path("modules_to_save")));
    if (settings.useDora() && settings.targets().matches(LoraTensor.EMBEDDING)) {
      throw bad("target_modules", json.path("target_modules"), "no embedding beside use_dora");
    }
    return settings;
  }

  private void requireOff(String key) {
    JsonNode value = json.path(key);
    boolean off =
        value.isMissingNode() || value.isNull() || (value.isBoolean() && !value.booleanValue());
    boolean empty = value.isContainerNode() && value.isEmpty();
    if (!off && !empty) {
      throw bad(key, value, "off: this option is not supported");
    }
  }

  private int rank(String key, JsonNode value) {
    if (!value.isInt() || value.intValue() < 1) {
      throw bad(key, value, "a whole number from 1 on");
    }
    return value.intValue();
  }

  private double alpha(JsonNode value) {
    if (!value.isNumber()) {
      throw bad("alpha_pattern", value, "a number");
    }
    return value.doubleValue();
  }

  private <T> Map<String, T> patterns(String key, Function<JsonNode, T> read) {
    JsonNode patterns = json.path(key);
    if (!patterns.isMissingNode() && !patterns.isNull() && !patterns.isObject()) {
      throw bad(key, patterns, "an object of regular expressions");
    }
    Map<String, T> values = new LinkedHashMap<>();
    patterns
        .properties()
        .forEach(
            entry -> {
              requireExpression(key, entry.getKey());
              values.put(entry.getKey(), read.apply(entry.getValue()));
            });
    return values;
  }

  private void requireExpression(String key, String expression) {
    try {
      Pattern.compile(expression);
    } catch (PatternSyntaxException e) {
      throw bad(key, JSON.valueToTree(expression), "a regular expression: " + e.getDescription());
    }
  }

  private boolean savesHead(JsonNode modules) {
    for (JsonNode module : modules) {
      if (!module.asText().equals(LoraTensor.HEAD)) {
        throw bad("modules_to_save", module, LoraTensor.HEAD + ": no other is supported");
      }
    }
    return !modules.isEmpty();
  }

  /** A regular expression, {@code all-linear}, or a list of paths and their ends. */
  private TargetModules targets(JsonNode modules) {
    if (modules.isTextual() && modules.asText().equals(ALL_LINEAR)) {
      return TargetModules.of(Arrays.stream(Projection.values()).map(Projection::key).toList());
    }
    if (modules.isTextual()) {
      requireExpression("target_modules", modules.asText());
      return new TargetModules(Optional.of(modules.asText()), List.of());
    }
    if (!modules.isArray() || modules.isEmpty()) {
      throw bad("target_modules", modules, "a list of modules, or a regular expression");
    }
    List<String> names = new ArrayList<>();
    for (JsonNode module : modules) {
      requireKnown(module);
      names.add(module.asText());
    }
    return TargetModules.of(names);
  }

  private void requireKnown(JsonNode module) {
    String name = module.asText();
    boolean known =
        EMBEDDING_NAMES.contains(name)
            || Arrays.stream(Projection.values())
                .anyMatch(projection -> TargetModules.isNamed(name, projection.key()));
    if (!known) {
      throw bad(
          "target_modules",
          module,
          Arrays.toString(Projection.values()).toLowerCase(java.util.Locale.ROOT)
              + " or embed_tokens");
    }
  }

  private DataException bad(String key, JsonNode value, String expected) {
    return new DataException("%s: %s: %s, expected %s".formatted(file, key, value, expected));
  }
}
