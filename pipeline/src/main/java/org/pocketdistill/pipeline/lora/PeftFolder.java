package org.pocketdistill.pipeline.lora;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.model.ModelConfig;
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
    Files.writeString(
        temporary, PeftConfig.write(adapter.settings(), baseModel).toPrettyString() + "\n");
    Files.move(
        temporary,
        folder.resolve(CONFIG),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  /**
   * Reads an adapter for a model.
   *
   * @throws DataException if it uses an option that is not supported, or does not fit the model
   */
  public static LoraAdapter load(Path folder, ModelConfig model) throws IOException {
    Path configFile = folder.resolve(CONFIG);
    LoraSettings settings =
        new PeftConfig(configFile, StrictJson.readObject(configFile, MAX_CONFIG_BYTES)).settings();
    try (SafetensorsFile file = SafetensorsFile.open(folder.resolve(WEIGHTS))) {
      requireLayers(file, model);
      return adapter(file, model, settings);
    }
  }

  /** An adapter of a deeper model would fit into some layers, and not the ones it was made for. */
  private static void requireLayers(SafetensorsFile file, ModelConfig model) {
    int layers = model.numHiddenLayers();
    for (String name : file.names()) {
      if (LoraTensor.layer(name) >= layers) {
        throw new DataException(
            "%s: tensor '%s' adapts layer %d, expected layers 0 to %d: the model has %d; the adapter was made for a model before its layers were cut away, and has to be trained anew"
                .formatted(file.path(), name, LoraTensor.layer(name), layers - 1, layers));
      }
    }
  }

  private static LoraAdapter adapter(
      SafetensorsFile file, ModelConfig model, LoraSettings settings) {
    Set<String> unread = new HashSet<>(file.names());
    unread.removeIf(LoraTensor::isUntrained);
    LoraAdapter adapter =
        new LoraAdapter(
            model,
            settings,
            (tensor, shape) -> {
              unread.remove(tensor.name());
              return values(file, tensor.name(), shape);
            });
    if (adapter.parameters().isEmpty() || !unread.isEmpty()) {
      adapter.close();
      throw new DataException(
          unread.isEmpty()
              ? file.path()
                  + ": no tensor, expected some: target_modules names no module of this model"
              : "%s: tensors %s have no place in an adapter of this model and %s"
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
}
