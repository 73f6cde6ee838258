package org.pocketdistill.pipeline.lora;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.Projection;
import org.pocketdistill.pipeline.safetensors.Dtype;
import org.pocketdistill.pipeline.safetensors.SafetensorsFile;
import org.pocketdistill.pipeline.safetensors.SafetensorsWriter;
import org.pocketdistill.pipeline.safetensors.StrictJson;
import org.pocketdistill.pipeline.safetensors.TensorInfo;

/** An adapter as PEFT writes it: {@code adapter_config.json} and safetensors. */
public final class PeftFolder {
  private static final String CONFIG = "adapter_config.json";
  private static final String WEIGHTS = "adapter_model.safetensors";
  private static final long MAX_CONFIG_BYTES = 4_000_000;
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Options that change what is computed and that are not supported: refused unless off. */
  private static final List<String> UNSUPPORTED =
      List.of(
          "use_dora",
          "use_qalora",
          "use_bdlora",
          "lora_bias",
          "fan_in_fan_out",
          "modules_to_save",
          "rank_pattern",
          "alpha_pattern",
          "layer_replication",
          "layers_to_transform",
          "trainable_token_indices",
          "target_parameters",
          "alora_invocation_tokens");

  private PeftFolder() {}

  /**
   * Writes the adapter.
   *
   * @param baseModel path or name of the model it belongs to
   */
  public static void save(LoraAdapter adapter, Path folder, String baseModel) throws IOException {
    Files.createDirectories(folder);
    Map<String, NDArray> parameters = adapter.parameters();
    List<TensorInfo> tensors = new ArrayList<>();
    parameters.forEach(
        (name, array) -> tensors.add(TensorInfo.of(name, Dtype.F32, array.getShape().getShape())));
    SafetensorsWriter.write(
        folder.resolve(WEIGHTS), tensors, info -> parameters.get(info.name()).toByteBuffer(false));
    Path temporary = folder.resolve(CONFIG + ".tmp");
    Files.writeString(temporary, config(adapter.settings(), baseModel).toPrettyString() + "\n");
    Files.move(
        temporary,
        folder.resolve(CONFIG),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  private static ObjectNode config(LoraSettings settings, String baseModel) {
    ObjectNode json = JSON.createObjectNode();
    json.put("peft_type", "LORA")
        .put("task_type", "CAUSAL_LM")
        .put("base_model_name_or_path", baseModel)
        .put("inference_mode", true)
        .put("r", settings.r())
        .put("lora_alpha", settings.alpha())
        .put("lora_dropout", settings.dropout())
        .put("use_rslora", settings.useRslora())
        .put("bias", "none")
        .put("fan_in_fan_out", false)
        .put("init_lora_weights", true);
    json.putNull("modules_to_save");
    ArrayNode targets = json.putArray("target_modules");
    Arrays.stream(Projection.values())
        .filter(settings.targets()::contains)
        .forEach(projection -> targets.add(projection.key()));
    return json;
  }

  /**
   * Reads an adapter for a model.
   *
   * @throws DataException if it uses an option that is not supported, or does not fit the model
   */
  public static LoraAdapter load(Path folder, ModelConfig model) throws IOException {
    Path configFile = folder.resolve(CONFIG);
    LoraSettings settings =
        settings(configFile, StrictJson.readObject(configFile, MAX_CONFIG_BYTES));
    try (SafetensorsFile file = SafetensorsFile.open(folder.resolve(WEIGHTS))) {
      return adapter(file, model, settings);
    }
  }

  private static LoraAdapter adapter(
      SafetensorsFile file, ModelConfig model, LoraSettings settings) {
    Set<String> unread = new HashSet<>(file.names());
    LoraAdapter adapter =
        new LoraAdapter(
            model,
            settings,
            (name, shape) -> {
              unread.remove(name);
              return values(file, name, shape);
            });
    if (!unread.isEmpty()) {
      adapter.close();
      throw new DataException(
          "%s: tensors %s have no place in an adapter of this model and %s"
              .formatted(file.path(), unread.stream().sorted().limit(5).toList(), CONFIG));
    }
    return adapter;
  }

  private static float[] values(SafetensorsFile file, String name, Shape shape) {
    List<Long> expected = Arrays.stream(shape.getShape()).boxed().toList();
    if (!file.contains(name) || !file.info(name).shape().equals(expected)) {
      throw new DataException(
          "%s: tensor '%s': %s, expected shape %s"
              .formatted(
                  file.path(),
                  name,
                  file.contains(name) ? "shape " + file.info(name).shape() : "missing",
                  expected));
    }
    return file.floats(name);
  }

  private static LoraSettings settings(Path file, JsonNode json) {
    if (!json.path("peft_type").asText().equals("LORA")) {
      throw bad(file, "peft_type", json.path("peft_type"), "LORA");
    }
    for (String key : UNSUPPORTED) {
      JsonNode value = json.path(key);
      boolean off =
          value.isMissingNode()
              || value.isNull()
              || value.equals(JSON.getNodeFactory().booleanNode(false));
      boolean empty = value.isContainerNode() && value.isEmpty();
      if (!off && !empty) {
        throw bad(file, key, value, "off: this option is not supported");
      }
    }
    if (!json.path("bias").asText("none").equals("none")) {
      throw bad(file, "bias", json.path("bias"), "none");
    }
    if (!json.path("r").isInt() || json.path("r").intValue() < 1) {
      throw bad(file, "r", json.path("r"), "a whole number from 1 on");
    }
    return new LoraSettings(
        json.path("r").intValue(),
        json.path("lora_alpha").asDouble(8),
        json.path("lora_dropout").asDouble(0),
        json.path("use_rslora").asBoolean(false),
        targets(file, json.path("target_modules")));
  }

  /** Whole module paths and their ends; each named projection must be adapted in every layer. */
  private static Set<Projection> targets(Path file, JsonNode modules) {
    if (!modules.isArray() || modules.isEmpty()) {
      throw bad(file, "target_modules", modules, "a list of projections");
    }
    Set<Projection> targets = EnumSet.noneOf(Projection.class);
    for (JsonNode module : modules) {
      String last = module.asText().replaceAll(".*\\.", "");
      targets.add(
          Arrays.stream(Projection.values())
              .filter(projection -> projection.key().equals(last))
              .findFirst()
              .orElseThrow(
                  () -> bad(file, "target_modules", module, Arrays.toString(Projection.values()))));
    }
    return targets;
  }

  private static DataException bad(Path file, String key, JsonNode value, String expected) {
    return new DataException("%s: %s: %s, expected %s".formatted(file, key, value, expected));
  }
}
