package org.pocketdistill.pipeline.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.pocketdistill.config.ConfigReader;
import org.pocketdistill.pipeline.config.TrainConfig;
import org.pocketdistill.pipeline.torch.Torch;

/** Muon against its formula in fp64. */
final class MuonTest {
  /** Five Newton-Schulz steps in fp32 on entries up to 1. */
  private static final double TOLERANCE = 2e-6;

  private final JsonNode numbers = numbers();

  private static JsonNode numbers() {
    try (InputStream in = MuonTest.class.getResourceAsStream("/optim/muon.json")) {
      return new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void stepsAreThoseOfTheFormula() {
    try (NDManager manager = Torch.newManager()) {
      Map<String, NDArray> parameters = parameters(manager);
      try (Optimizer optimizer = new Optimizer(config(), parameters)) {
        for (int step = 0; step < numbers.path("steps").intValue(); step++) {
          addGradients(manager, parameters, optimizer, step);
          optimizer.step(step + 1, config().learningRate(), optimizer.gradientNorm());
          compare(parameters, step);
        }
        assertThat(optimizer.state().keySet())
            .containsOnly(
                "momentum_buffer.model.layers.0.w",
                "momentum_buffer.model.layers.1.w",
                "momentum_buffer.model.layers.2.w",
                "exp_avg.model.layers.0.norm",
                "exp_avg_sq.model.layers.0.norm",
                "exp_avg.model.embed_tokens.weight",
                "exp_avg_sq.model.embed_tokens.weight");
      }
    }
  }

  private Map<String, NDArray> parameters(NDManager manager) {
    Map<String, NDArray> parameters = new LinkedHashMap<>();
    for (int i = 0; i < numbers.path("matrices").size(); i++) {
      JsonNode matrix = numbers.path("matrices").get(i);
      parameters.put(matrix(i), array(manager, matrix.path("initial"), matrix.path("shape")));
    }
    parameters.put("model.layers.0.norm", manager.ones(new Shape(4)));
    parameters.put("model.embed_tokens.weight", manager.ones(new Shape(5, 4)));
    return parameters;
  }

  private void addGradients(
      NDManager manager, Map<String, NDArray> parameters, Optimizer optimizer, int step) {
    for (int i = 0; i < numbers.path("matrices").size(); i++) {
      JsonNode matrix = numbers.path("matrices").get(i);
      try (NDArray gradient =
          array(manager, matrix.path("gradients").get(step), matrix.path("shape"))) {
        optimizer.gradient(parameters.get(matrix(i))).addi(gradient);
      }
    }
  }

  private void compare(Map<String, NDArray> parameters, int step) {
    for (int i = 0; i < numbers.path("matrices").size(); i++) {
      JsonNode expected = numbers.path("matrices").get(i).path("parameters").get(step);
      float[] actual = parameters.get(matrix(i)).toFloatArray();
      for (int j = 0; j < actual.length; j++) {
        assertThat((double) actual[j])
            .as("matrix %d step %d [%d]", i, step, j)
            .isCloseTo(expected.get(j).doubleValue(), within(TOLERANCE));
      }
    }
  }

  private static String matrix(int i) {
    return "model.layers." + i + ".w";
  }

  private static NDArray array(NDManager manager, JsonNode values, JsonNode shape) {
    float[] array = new float[values.size()];
    for (int i = 0; i < array.length; i++) {
      array[i] = (float) values.get(i).doubleValue();
    }
    return Torch.copyOf(
        manager, array, new Shape(shape.get(0).longValue(), shape.get(1).longValue()));
  }

  private static TrainConfig config() {
    String yaml = "optimizer: muon\nlearning_rate: 0.02\nweight_decay: 0.1\nmax_grad_norm: 0\n";
    return ConfigReader.parse(yaml, Path.of("muon.yaml"), TrainConfig.class, List.of());
  }
}
