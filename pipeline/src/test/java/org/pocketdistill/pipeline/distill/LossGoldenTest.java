package org.pocketdistill.pipeline.distill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.pocketdistill.pipeline.config.DistillConfig.Divergence;
import org.pocketdistill.pipeline.safetensors.SafetensorsFile;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.pipeline.torch.Torch;

/** Values and gradients of the losses against float64 numbers of the originals. */
final class LossGoldenTest {
  private static final float TOLERANCE = 1e-5f;
  private static final double SKEW = 0.1;

  private static final SafetensorsFile GOLDEN = golden();

  private static SafetensorsFile golden() {
    try {
      return SafetensorsFile.open(
          Path.of(LossGoldenTest.class.getResource("/losses/losses.safetensors").toURI()));
    } catch (IOException | URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  static Stream<Arguments> divergences() {
    List<Arguments> kinds =
        List.of(
            Arguments.of("fkl", Divergence.FORWARD_KL, 0.5),
            Arguments.of("rkl", Divergence.REVERSE_KL, 0.5),
            Arguments.of("jsd_b0", Divergence.JSD, 0.0),
            Arguments.of("jsd_b0.1", Divergence.JSD, 0.1),
            Arguments.of("jsd_b0.5", Divergence.JSD, 0.5),
            Arguments.of("jsd_b0.9", Divergence.JSD, 0.9),
            Arguments.of("jsd_b1", Divergence.JSD, 1.0),
            Arguments.of("skew_fkl", Divergence.SKEWED_FORWARD_KL, 0.5),
            Arguments.of("skew_rkl", Divergence.SKEWED_REVERSE_KL, 0.5),
            Arguments.of("tvd", Divergence.TVD, 0.5));
    return Stream.of("v37.T1", "v37.T2", "v37.T4", "v1031.T2")
        .flatMap(
            set ->
                kinds.stream()
                    .map(kind -> Arguments.of(set, kind.get()[0], kind.get()[1], kind.get()[2])));
  }

  @ParameterizedTest
  @MethodSource("divergences")
  void divergenceAndItsGradientAreThoseOfTheOriginals(
      String set, String name, Divergence divergence, double beta) {
    double temperature = set.charAt(set.length() - 1) - '0';
    LossSettings settings = new LossSettings(divergence, temperature, 1, beta, SKEW);
    try (NDManager scope = Torch.newManager();
        TokenLoss loss = new TokenLoss(settings, ComputeDtype.FP32, ComputeDtype.FP32)) {
      NDList actual = atLogits(scope, loss, set.substring(0, set.indexOf('.')));
      float squared = (float) (temperature * temperature);
      close(set + "." + name + ".token", actual.get(0).toFloatArray(), 1);
      close(set + "." + name + ".grad", masked(set, actual.get(2)), squared);
    }
  }

  @Test
  void mixtureWithCrossEntropyIsThatOfTheOriginals() {
    LossSettings settings = new LossSettings(Divergence.FORWARD_KL, 1, 0.7, 0.5, SKEW);
    try (NDManager scope = Torch.newManager();
        TokenLoss loss = new TokenLoss(settings, ComputeDtype.FP32, ComputeDtype.FP32)) {
      NDList actual = atLogits(scope, loss, "v37");
      float[] crossEntropy = actual.get(1).toFloatArray();
      float[] expected = GOLDEN.floats("v37.ce.token");
      for (int i = 0; i < crossEntropy.length; i++) {
        if (GOLDEN.longs("v37.mask")[i] == 1) { // masked rows have no label
          assertThat(crossEntropy[i]).as("row %d", i).isCloseTo(expected[i], within(TOLERANCE));
        }
      }
      close("v37.T1.mix.grad", masked("v37", actual.get(2)), 1);
    }
  }

  private static NDList atLogits(NDManager scope, TokenLoss loss, String set) {
    NDArray student = array(scope, set + ".student");
    NDArray teacher = array(scope, set + ".teacher");
    long[] labels = GOLDEN.longs(set + ".labels");
    for (int i = 0; i < labels.length; i++) {
      labels[i] = Math.max(0, labels[i]);
    }
    return loss.atLogits(
        scope, student, teacher, Torch.copyOf(scope, labels, new Shape(labels.length)));
  }

  /** The goldens' gradients are of the mean over unmasked rows, and zero in masked ones. */
  private static float[] masked(String set, NDArray gradient) {
    long[] mask = GOLDEN.longs(set.replaceAll("\\..*", "") + ".mask");
    long unmasked = 0;
    for (long row : mask) {
      unmasked += row;
    }
    float[] values = gradient.toFloatArray();
    int width = values.length / mask.length;
    for (int i = 0; i < values.length; i++) {
      values[i] *= (float) mask[i / width] / unmasked;
    }
    return values;
  }

  private static NDArray array(NDManager scope, String name) {
    Shape shape =
        new Shape(GOLDEN.info(name).shape().stream().mapToLong(Long::longValue).toArray());
    return Torch.copyOf(scope, GOLDEN.floats(name), shape);
  }

  private static void close(String name, float[] actual, float factor) {
    float[] expected = GOLDEN.floats(name);
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      assertThat(actual[i])
          .as("%s [%d]", name, i)
          .isCloseTo(expected[i] * factor, within(TOLERANCE * Math.max(1, factor)));
    }
  }
}
