package org.pocketdistill.pipeline.distill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.config.HiddenStatesConfig;
import org.pocketdistill.pipeline.config.HiddenStatesConfig.Distance;
import org.pocketdistill.pipeline.distill.FeatureSettings.Relations;
import org.pocketdistill.pipeline.distill.FeatureSettings.StatePair;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.GoldenCheckpoint;
import org.pocketdistill.pipeline.safetensors.SafetensorsFile;
import org.pocketdistill.pipeline.torch.Arguments;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.pipeline.torch.Gradients;
import org.pocketdistill.pipeline.torch.Kernels;
import org.pocketdistill.pipeline.torch.Torch;
import org.pocketdistill.pipeline.train.Objective;
import org.pocketdistill.pipeline.train.StepClock;

/** Values and gradients against the goldens, and through whole models against differences. */
class FeatureLossTest {
  private static final int ROWS = 2;
  private static final int LENGTH = 7;

  /** The goldens' tolerances for fp32: of values, and of gradients relative to their largest. */
  private static final double VALUE = 1e-5;

  private static final double GRADIENT = 2e-5;

  private SafetensorsFile golden;
  private JsonNode means;
  private NDManager scope;
  private Kernels kernels;

  @BeforeEach
  void open() throws Exception {
    golden =
        SafetensorsFile.open(
            Path.of(FeatureLossTest.class.getResource("/losses/features.safetensors").toURI()));
    try (InputStream in = FeatureLossTest.class.getResourceAsStream("/losses/features.json")) {
      means = new ObjectMapper().readTree(in);
    }
    scope = Torch.newManager();
    kernels = Kernels.load("Features", Map.of("HEADS", "3"));
  }

  @AfterEach
  void close() throws IOException {
    kernels.close();
    scope.close();
    golden.close();
  }

  private NDArray array(String name, long... shape) {
    return Torch.copyOf(scope, golden.floats(name), new Shape(shape));
  }

  /** Positions whose mask is 1. */
  private NDArray rows(String name) {
    long[] mask = golden.longs(name);
    List<Long> rows = new ArrayList<>();
    for (int i = 0; i < mask.length; i++) {
      if (mask[i] == 1) {
        rows.add((long) i);
      }
    }
    long[] index = rows.stream().mapToLong(Long::longValue).toArray();
    return Torch.copyOf(scope, index, new Shape(index.length));
  }

  private NDArray scale(double value) {
    return Torch.copyOf(scope, new float[] {(float) value}, new Shape());
  }

  private void close(NDArray actual, String name) {
    float[] expected = golden.floats(name);
    double largest = 0;
    for (float value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    assertThat(actual.toFloatArray())
        .as(name)
        .containsExactly(expected, within((float) (GRADIENT * largest)));
  }

  @ParameterizedTest
  @EnumSource(Distance.class)
  void hiddenStatesAreThoseOfTheGoldens(Distance distance) {
    String key = distance.name().toLowerCase(Locale.ROOT);
    NDArray student = array("hidden.student", ROWS, LENGTH, 6);
    NDArray weight = array("hidden.projector.weight", 10, 6);
    NDArray bias = array("hidden.projector.bias", 10);
    NDArray rows = rows("hidden.mask");
    List<NDArray> gradients = Gradients.allocate(List.of(student, weight, bias));
    try (Gradients.Recording recording = Gradients.record()) {
      NDArray loss =
          kernels.call(
              scope,
              key,
              Arguments.of(
                  student,
                  array("hidden.teacher", ROWS, LENGTH, 10),
                  rows,
                  weight,
                  bias,
                  scale(1.0 / rows.size())));
      double expected = means.path("hidden").path(key).asDouble();
      assertThat((double) loss.getFloat()).isCloseTo(expected, within(VALUE * expected + 1e-6));
      recording.backward(loss, scope.ones(loss.getShape()));
    }
    close(gradients.get(0), "hidden." + key + ".grad_student");
    close(gradients.get(1), "hidden." + key + ".grad_weight");
    close(gradients.get(2), "hidden." + key + ".grad_bias");
  }

  /** Heads stand behind positions in the goldens and before them here. */
  private NDArray joined(String name, int heads) {
    float[] values = golden.floats(name);
    int width = 6;
    float[] joined = new float[values.length];
    for (int b = 0; b < ROWS; b++) {
      for (int h = 0; h < heads; h++) {
        for (int t = 0; t < LENGTH; t++) {
          int from = ((b * heads + h) * LENGTH + t) * width;
          int to = (b * LENGTH + t) * heads * width + h * width;
          System.arraycopy(values, from, joined, to, width);
        }
      }
    }
    return Torch.copyOf(scope, joined, new Shape(ROWS, LENGTH, (long) heads * width));
  }

  private NDArray mask(boolean causal) {
    long[] real = golden.longs("minilm.mask");
    float[] mask = new float[ROWS * LENGTH * LENGTH];
    for (int b = 0; b < ROWS; b++) {
      for (int i = 0; i < LENGTH; i++) {
        for (int j = 0; j < LENGTH; j++) {
          boolean seen = real[b * LENGTH + j] == 1 && (!causal || j <= i);
          boolean itself = i == j;
          mask[(b * LENGTH + i) * LENGTH + j] = seen || itself ? 0 : Float.NEGATIVE_INFINITY;
        }
      }
    }
    return Torch.copyOf(scope, mask, new Shape(ROWS, 1, 1, LENGTH, LENGTH));
  }

  @ParameterizedTest
  @ValueSource(strings = {"causal", "full"})
  void relationsAreThoseOfTheGoldens(String mode) {
    List<NDArray> student = new ArrayList<>();
    List<NDArray> teacher = new ArrayList<>();
    for (String part : List.of("q", "k", "v")) {
      student.add(joined("minilm.student." + part, 2));
      teacher.add(joined("minilm.teacher." + part, 4));
    }
    NDArray rows = rows("minilm.mask");
    List<NDArray> gradients = Gradients.allocate(student);
    try (Gradients.Recording recording = Gradients.record()) {
      NDArray loss =
          kernels.call(
              scope,
              "relations",
              Arguments.of()
                  .list(student)
                  .list(teacher)
                  .tensor(mask(mode.equals("causal")))
                  .tensor(rows)
                  .tensor(scale(1.0 / rows.size())));
      double expected = means.path("minilm").path(mode).path("sum").asDouble();
      assertThat((double) loss.getFloat()).isCloseTo(expected, within(VALUE * expected + 1e-6));
      recording.backward(loss, scope.ones(loss.getShape()));
    }
    for (int i = 0; i < 3; i++) {
      String name = "minilm." + mode + ".grad_student." + List.of("q", "k", "v").get(i);
      float[] expected = joined(name, 2).toFloatArray();
      float largest = 0;
      for (float value : expected) {
        largest = Math.max(largest, Math.abs(value));
      }
      assertThat(gradients.get(i).toFloatArray())
          .as(name)
          .containsExactly(expected, within((float) (GRADIENT * largest)));
    }
  }

  /** The whole objective of two tiny models, as a number of one weight. */
  private static final class TwoModels implements AutoCloseable {
    private final Decoder student = GoldenCheckpoint.open("llama_gqa").decoder();
    private final Decoder teacher = GoldenCheckpoint.open("qwen3").decoder();
    private final Batch batch = GoldenCheckpoint.open("llama_gqa").batch();
    private final LossSettings loss =
        new LossSettings(LossSettings.CROSS_ENTROPY.divergence(), 1, 0.5, 0.5, 0.1);
    private final TokenLoss tokenLoss = new TokenLoss(loss, ComputeDtype.FP32, ComputeDtype.FP32);
    private final FeatureLoss features;

    TwoModels() {
      FeatureSettings settings =
          new FeatureSettings(
              List.of(
                  new StatePair(0, 0, Distance.MSE, 0.3, true),
                  new StatePair(2, 1, Distance.COSINE, 0.7, true)),
              Optional.of(new Relations(1, 1, 2, 2)));
      features = new FeatureLoss(settings, student.config(), teacher.config(), 5);
    }

    StudentObjective objective(NDArray headGradient) {
      return StudentObjective.distil(
          new StudentObjective.Learner(student, student.noAdapters(), headGradient),
          new LiveTeacher(teacher, features.teacher()),
          tokenLoss,
          loss,
          features);
    }

    double value(StudentObjective objective) {
      Objective.LossSums sums = objective.accumulate(batch, batch.learnedTokens(), new StepClock());
      assertThat(sums.features()).isPositive();
      return objective.loss(sums, batch.learnedTokens());
    }

    @Override
    public void close() {
      features.close();
      tokenLoss.close();
      student.close();
      teacher.close();
    }
  }

  @Test
  void gradientsThroughTheModelAreThoseOfDifferences() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    try (TwoModels models = new TwoModels()) {
      List<NDArray> parameters = new ArrayList<>(models.student.weights().all());
      parameters.addAll(models.features.parameters().values());
      List<NDArray> gradients = Gradients.allocate(parameters);
      NDArray frozen = scope.zeros(new Shape(0), DataType.FLOAT32);
      int head = models.student.weights().all().indexOf(models.student.weights().head());
      models.value(models.objective(gradients.get(head)));
      // Taken now: each further evaluation adds to the arrays.
      List<float[]> found = gradients.stream().map(NDArray::toFloatArray).toList();
      StudentObjective objective = models.objective(frozen);
      for (int p = 0; p < parameters.size(); p++) {
        float[] gradient = found.get(p);
        float[] direction = new float[gradient.length];
        double norm = 0;
        double expected = 0;
        for (int i = 0; i < direction.length; i++) {
          direction[i] = (float) random.nextGaussian();
          norm += direction[i] * direction[i];
        }
        for (int i = 0; i < direction.length; i++) {
          direction[i] /= (float) Math.sqrt(norm);
          expected += (double) gradient[i] * direction[i];
        }
        double step = 1e-2;
        double up = shifted(models, objective, parameters.get(p), direction, step);
        double down = shifted(models, objective, parameters.get(p), direction, -step);
        assertThat((up - down) / (2 * step))
            .as("parameter %d, seed %d", p, seed)
            .isCloseTo(expected, within(2e-3 + 0.02 * Math.abs(expected)));
      }
    }
  }

  private static double shifted(
      TwoModels models,
      StudentObjective objective,
      NDArray parameter,
      float[] direction,
      double step) {
    float[] before = parameter.toFloatArray();
    float[] moved = before.clone();
    for (int i = 0; i < moved.length; i++) {
      moved[i] += (float) (step * direction[i]);
    }
    parameter.set(moved);
    double value = models.value(objective);
    parameter.set(before);
    return value;
  }

  @Test
  void twoEqualModelsLoseNothingInside() {
    GoldenCheckpoint checkpoint = GoldenCheckpoint.open("qwen2");
    FeatureSettings settings =
        new FeatureSettings(
            List.of(
                new StatePair(1, 1, Distance.MSE, 1, false),
                new StatePair(2, 2, Distance.COSINE, 1, false)),
            Optional.of(new Relations(1, 1, 2, 1)));
    try (Decoder student = checkpoint.decoder();
        Decoder teacher = checkpoint.decoder();
        TokenLoss loss = TokenLoss.crossEntropy(ComputeDtype.FP32);
        FeatureLoss features = new FeatureLoss(settings, student.config(), teacher.config(), 1)) {
      Gradients.allocate(student.weights().all());
      int live = student.weights().manager().getManagedArrays().size();
      StudentObjective objective =
          StudentObjective.distil(
              new StudentObjective.Learner(
                  student, student.noAdapters(), scope.zeros(new Shape(0), DataType.FLOAT32)),
              new LiveTeacher(teacher, features.teacher()),
              loss,
              LossSettings.CROSS_ENTROPY,
              features);
      Batch batch = checkpoint.batch();
      for (int i = 0; i < 3; i++) {
        Objective.LossSums sums =
            objective.accumulate(batch, batch.learnedTokens(), new StepClock());
        assertThat(sums.features()).isCloseTo(0, within(1e-4));
      }
      assertThat(student.weights().manager().getManagedArrays()).hasSize(live);
    }
  }

  @Test
  void aLayerThatAModelDoesNotHaveIsRefused() {
    try (Decoder student = GoldenCheckpoint.open("llama_gqa").decoder()) {
      assertThatThrownBy(
              () ->
                  FeatureSettings.pairs(
                      new HiddenStatesConfig(1, Distance.MSE, List.of(List.of(1, 5))),
                      student.config(),
                      student.config()))
          .isInstanceOf(DataException.class)
          .hasMessageContaining("distill.hidden_states.pairs: the teacher's state 5")
          .hasMessageContaining("at most 2");
    }
  }
}
