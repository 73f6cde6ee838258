package org.pocketdistill.pipeline.distill;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.pocketdistill.config.ConfigReader;
import org.pocketdistill.pipeline.Checkpoints;
import org.pocketdistill.pipeline.config.TrainConfig;
import org.pocketdistill.pipeline.model.HfConfigFile;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.torch.ComputeDtype;

class StepCostTest {
  private static final TrainConfig TRAIN =
      ConfigReader.parse(
          "{learning_rate: 0.1, batch_size: 4}",
          Path.of("train.yaml"),
          TrainConfig.class,
          List.of());

  private static ModelConfig shape(String name) throws IOException {
    return HfConfigFile.read(Checkpoints.folder(name));
  }

  @Test
  void isMeasuredForEveryPartOfAStep() throws IOException {
    ModelConfig shape = shape("qwen3");

    StepCost cost = StepCost.measure(shape, TRAIN, 32, ComputeDtype.FP32);

    assertThat(List.of(cost.forward(), cost.backward(), cost.loss(), cost.optimizer()))
        .as("%s", cost)
        .allSatisfy(seconds -> assertThat(seconds).isPositive().isLessThan(1));
  }

  @Test
  void growsWithTheLayersThatAreNotBuilt() throws IOException {
    ModelConfig shape = shape("llama_gqa");

    StepCost deep = StepCost.measure(shape.withLayers(2000), TRAIN, 32, ComputeDtype.FP32);
    StepCost flat = StepCost.measure(shape.withLayers(2), TRAIN, 32, ComputeDtype.FP32);

    assertThat(deep.forward() / flat.forward())
        .as("1000 times, but for noise")
        .isBetween(100.0, 1e4);
    assertThat(deep.optimizer()).isGreaterThan(flat.optimizer());
  }
}
