package org.pocketdistill.pipeline.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.Checkpoints;
import org.pocketdistill.pipeline.safetensors.Dtype;
import org.pocketdistill.pipeline.safetensors.SafetensorsFile;
import org.pocketdistill.pipeline.safetensors.SafetensorsWriter;
import org.pocketdistill.pipeline.safetensors.TensorInfo;

class HfFolderTest {
  private static final String PROJECTION = "model.layers.1.mlp.up_proj.weight";

  @TempDir Path folder;
  private ModelConfig config;
  private List<TensorInfo> tensors;

  @BeforeEach
  void tensorsOfATinyLlama() throws IOException {
    config = HfConfigFile.read(Checkpoints.folder("llama_gqa"));
    tensors = new ArrayList<>();
    WeightLayout.of(config)
        .forEach((name, shape) -> tensors.add(TensorInfo.of(name, Dtype.F32, shape.getShape())));
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama_gqa", "llama_bf16", "qwen2_sharded"})
  void loadsTheElementsOfEveryTensor(String name) throws IOException {
    Path checkpoint = Checkpoints.folder(name);
    try (SafetensorsFile file = SafetensorsFile.open(checkpoint);
        Weights weights = HfFolder.weights(checkpoint, HfConfigFile.read(checkpoint))) {
      assertThat(weights.names()).containsExactlyInAnyOrderElementsOf(file.names());
      for (String tensor : file.names()) {
        assertThat(weights.get(tensor).toFloatArray())
            .as(tensor)
            .containsExactly(file.floats(tensor));
      }
      assertThat(weights.manager().getManagedArrays()).hasSize(file.names().size());
    }
  }

  @Test
  void refusesAModelWithoutAWeight() throws IOException {
    tensors.removeIf(info -> info.name().equals(PROJECTION));

    assertRefused("tensor 'model.layers.1.mlp.up_proj.weight' is missing, expected shape (64, 48)");
  }

  @Test
  void refusesAWeightOfAnotherShape() throws IOException {
    replace(TensorInfo.of(PROJECTION, Dtype.F32, 48, 64));

    assertRefused("shape [48, 64], expected (64, 48) by config.json");
  }

  @Test
  void refusesAWeightThatNoLayerWouldUse() throws IOException {
    tensors.add(TensorInfo.of("model.layers.0.self_attn.q_proj.bias", Dtype.F32, 48));

    assertRefused(
        "tensor 'model.layers.0.self_attn.q_proj.bias' has no place in a llama model with this"
            + " config.json");
  }

  @Test
  void refusesQuantisedWeights() throws IOException {
    replace(TensorInfo.of(PROJECTION, Dtype.I8, 64, 48));

    assertRefused("dtype I8, expected F32, F16 or BF16: quantised weights are not supported");
  }

  private void replace(TensorInfo changed) {
    tensors.replaceAll(info -> info.name().equals(changed.name()) ? changed : info);
  }

  private void assertRefused(String message) throws IOException {
    Path file = folder.resolve("model.safetensors");
    SafetensorsWriter.write(
        file, tensors, info -> ByteBuffer.allocate(Math.toIntExact(info.byteSize())));

    assertThatThrownBy(() -> HfFolder.weights(folder, config))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining(message);
  }
}
