package org.pocketdistill.pipeline.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pocketdistill.pipeline.config.TrainConfig;
import org.pocketdistill.pipeline.config.TrainConfig.OptimizerName;
import org.pocketdistill.pipeline.config.TrainConfig.Precision;
import org.pocketdistill.pipeline.config.TrainConfig.Scheduler;
import org.pocketdistill.pipeline.safetensors.SafetensorsFile;
import org.pocketdistill.pipeline.torch.Torch;

/** AdamW, clipping and schedules against torch and transformers. */
final class OptimizerGoldenTest {
  /** fp32 against an fp64 formula is off by up to 8e-7 in the originals themselves. */
  private static final float PARAMETER_TOLERANCE = 2e-6f;

  private static final double RATE_TOLERANCE = 1e-12;
  private static final List<String> NAMES = List.of("w", "b", "e");

  private final SafetensorsFile tensors = SafetensorsFile.open(resource("optim.safetensors"));
  private final JsonNode numbers = new ObjectMapper().readTree(resource("optim.json").toFile());

  OptimizerGoldenTest() throws IOException {}

  private static Path resource(String name) {
    try {
      return Path.of(OptimizerGoldenTest.class.getResource("/optim/" + name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The originals decay the vector b in all cases but nowd; here vectors are never decayed. */
  @ParameterizedTest
  @CsvSource({"plain, false", "beta95, false", "nowd, true", "schedule_clip, false"})
  void stepsAreThoseOfTorch(String name, boolean vectorsToo) {
    JsonNode settings = numbers.path("adamw").path(name);
    TrainConfig config = config(settings);
    try (NDManager manager = Torch.newManager()) {
      Map<String, NDArray> parameters = new LinkedHashMap<>();
      for (String parameter : NAMES) {
        parameters.put(parameter, array(manager, "adamw." + name + "." + parameter + ".initial"));
      }
      try (Optimizer optimizer = new Optimizer(config, parameters)) {
        for (int step = 0; step < 12; step++) {
          for (int i = 0; i < NAMES.size(); i++) {
            addGradient(manager, optimizer, parameters.get(NAMES.get(i)), name, i, step);
          }
          double norm = optimizer.gradientNorm();
          if (settings.has("norm_before_clip")) {
            double expected = settings.path("norm_before_clip").get(step).doubleValue();
            assertThat(norm).isCloseTo(expected, within(1e-6 * expected));
          }
          optimizer.step(step + 1, settings.path("lr_per_step").get(step).doubleValue(), norm);
          for (int i = 0; i < NAMES.size(); i++) {
            if (vectorsToo || !NAMES.get(i).equals("b")) {
              compare(name, i, step, parameters.get(NAMES.get(i)));
            }
          }
          assertThat(optimizer.gradientNorm()).as("gradients are cleared").isZero();
        }
      }
    }
  }

  private void addGradient(
      NDManager manager, Optimizer optimizer, NDArray parameter, String name, int i, int step) {
    try (NDArray gradient =
        Torch.copyOf(manager, slice(name, NAMES.get(i) + ".grads", step), parameter.getShape())) {
      optimizer.gradient(parameter).addi(gradient);
    }
  }

  private void compare(String name, int i, int step, NDArray parameter) {
    float[] expected = slice(name, NAMES.get(i) + ".params", step);
    float[] actual = parameter.toFloatArray();
    for (int j = 0; j < actual.length; j++) {
      assertThat(actual[j])
          .as("%s %s step %d [%d]", name, NAMES.get(i), step, j)
          .isCloseTo(expected[j], within(PARAMETER_TOLERANCE));
    }
  }

  private float[] slice(String name, String tensor, int step) {
    float[] all = tensors.floats("adamw." + name + "." + tensor);
    int size = all.length / 12;
    return Arrays.copyOfRange(all, step * size, (step + 1) * size);
  }

  private NDArray array(NDManager manager, String name) {
    long[] shape = tensors.info(name).shape().stream().mapToLong(Long::longValue).toArray();
    return Torch.copyOf(manager, tensors.floats(name), new Shape(shape));
  }

  private static TrainConfig config(JsonNode settings) {
    return new TrainConfig(
        1,
        Optional.empty(),
        1,
        1,
        OptimizerName.ADAMW,
        1,
        Scheduler.CONSTANT,
        0,
        0,
        0,
        settings.path("weight_decay").doubleValue(),
        settings.path("betas").get(0).doubleValue(),
        settings.path("betas").get(1).doubleValue(),
        settings.path("eps").doubleValue(),
        settings.path("max_norm").asDouble(0),
        1,
        1,
        Precision.FP32);
  }

  @Test
  void schedulesAreThoseOfTransformers() {
    schedule("linear", Scheduler.LINEAR, 5, 0, 0);
    schedule("linear_no_warmup", Scheduler.LINEAR, 0, 0, 0);
    schedule("cosine", Scheduler.COSINE, 5, 0, 0);
    schedule("cosine_with_min_lr", Scheduler.COSINE, 5, 0.1, 0);
    schedule("constant_with_warmup", Scheduler.CONSTANT, 5, 0, 0);
    schedule("wsd", Scheduler.WARMUP_STABLE_DECAY, 5, 0, 15.0 / 50);
  }

  private void schedule(
      String name, Scheduler scheduler, int warmup, double least, double decayRatio) {
    TrainConfig config =
        new TrainConfig(
            1,
            Optional.empty(),
            1,
            1,
            OptimizerName.ADAMW,
            1,
            scheduler,
            warmup,
            least,
            decayRatio,
            0,
            0.9,
            0.999,
            1e-8,
            0,
            1,
            1,
            Precision.FP32);
    LearningRateSchedule schedule = new LearningRateSchedule(config, 50);
    JsonNode expected = numbers.path("schedules").path(name).path("lr");
    assertThat(expected.size()).as(name).isIn(Set.of(50, 51));
    for (int i = 0; i < expected.size(); i++) {
      assertThat(schedule.rate(i))
          .as("%s step %d", name, i)
          .isCloseTo(expected.get(i).doubleValue(), within(RATE_TOLERANCE));
    }
  }
}
