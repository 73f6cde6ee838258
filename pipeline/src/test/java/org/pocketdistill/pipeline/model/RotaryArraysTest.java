package org.pocketdistill.pipeline.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.pipeline.Checkpoints;
import org.pocketdistill.pipeline.torch.Torch;

class RotaryArraysTest {
  private static final int LONGEST = 10_000;

  @TempDir Path folder;

  @Test
  void growToTheFirstRowsOfTheWholeTable() throws IOException {
    ModelConfig config = withContext(LONGEST);
    float[] whole =
        RotaryTables.doubled(new RotaryTables(config).halfCosines(LONGEST), config.headDim() / 2);
    try (NDManager manager = Torch.newManager()) {
      RotaryArrays arrays = new RotaryArrays(config, manager);
      for (int position : new int[] {3, 1023, 1024, 4321, LONGEST - 1}) {
        arrays.reach(position);

        float[] found = arrays.cosines().toFloatArray();
        assertThat(arrays.cosines().getShape().get(0))
            .isBetween(position + 1L, 2L * position + 1024);
        assertThat(Arrays.equals(found, Arrays.copyOf(whole, found.length)))
            .as("rows up to position %d", position)
            .isTrue();
        assertThat(arrays.sines().getShape()).isEqualTo(arrays.cosines().getShape());
      }
      assertThat(manager.getManagedArrays()).hasSize(2);
    }
  }

  @Test
  void endWithTheContextOfTheModel() throws IOException {
    ModelConfig config = withContext(1500);
    try (NDManager manager = Torch.newManager()) {
      RotaryArrays arrays = new RotaryArrays(config, manager);
      arrays.reach(1499);

      assertThat(arrays.sines().getShape().get(0)).isEqualTo(1500);
      assertThatThrownBy(() -> arrays.reach(1500))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("position 1500, but the model has max_position_embeddings 1500");
    }
  }

  private ModelConfig withContext(int positions) throws IOException {
    Path original = Checkpoints.folder("llama3_rope").resolve("config.json");
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode json = (ObjectNode) mapper.readTree(original.toFile());
    Path changed = folder.resolve("config.json");
    Files.writeString(changed, json.put("max_position_embeddings", positions).toString());
    return HfConfigFile.read(changed);
  }
}
