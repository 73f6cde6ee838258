package org.pocketdistill.pipeline.distill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.pocketdistill.pipeline.config.DistillConfig.Divergence;
import org.pocketdistill.pipeline.safetensors.SafetensorsFile;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.pipeline.torch.Torch;

/** A file of values and gradients of the losses in float64, and the comparison with it. */
final class LossGoldens {
  /** Losses in the file and the divergence that each of them is. */
  static final List<Kind> KINDS =
      List.of(
          new Kind("fkl", Divergence.FORWARD_KL, 0.5),
          new Kind("rkl", Divergence.REVERSE_KL, 0.5),
          new Kind("jsd_b0", Divergence.JSD, 0.0),
          new Kind("jsd_b0.1", Divergence.JSD, 0.1),
          new Kind("jsd_b0.5", Divergence.JSD, 0.5),
          new Kind("jsd_b0.9", Divergence.JSD, 0.9),
          new Kind("jsd_b1", Divergence.JSD, 1.0),
          new Kind("skew_fkl", Divergence.SKEWED_FORWARD_KL, 0.5),
          new Kind("skew_rkl", Divergence.SKEWED_REVERSE_KL, 0.5),
          new Kind("tvd", Divergence.TVD, 0.5));

  private static final float TOLERANCE = 1e-5f;
  private static final double SKEW = 0.1;
  private static final float MIX = 0.7f;

  private final SafetensorsFile golden;

  LossGoldens(Path file) throws IOException {
    this.golden = SafetensorsFile.open(file);
  }

  /** A loss by its name in the file. */
  record Kind(String name, Divergence divergence, double beta) {}

  /** Compares a divergence and its gradient. */
  void checkDivergence(String set, int temperature, Kind kind) {
    LossSettings settings = new LossSettings(kind.divergence(), temperature, 1, kind.beta(), SKEW);
    try (NDManager scope = Torch.newManager();
        TokenLoss loss = new TokenLoss(settings, ComputeDtype.FP32, ComputeDtype.FP32)) {
      NDList actual = atLogits(scope, loss, set);
      // The file is without the temperature's square, the gradient with it.
      float squared = (float) temperature * temperature;
      String name = set + ".T" + temperature + "." + kind.name();
      close(name + ".token", actual.get(0).toFloatArray(), golden.floats(name + ".token"), 1);
      float[] gradient = golden.floats(name + ".grad");
      for (int i = 0; i < gradient.length; i++) {
        gradient[i] *= squared;
      }
      close(name + ".grad", masked(set, actual.get(2)), gradient, squared);
    }
  }

  /** Compares cross entropy, and the gradient of its mixture with forward KL. */
  void checkMixture(String set, int temperature) {
    LossSettings settings = new LossSettings(Divergence.FORWARD_KL, temperature, MIX, 0.5, SKEW);
    try (NDManager scope = Torch.newManager();
        TokenLoss loss = new TokenLoss(settings, ComputeDtype.FP32, ComputeDtype.FP32)) {
      NDList actual = atLogits(scope, loss, set);
      float[] crossEntropy = actual.get(1).toFloatArray();
      float[] expected = golden.floats(set + ".ce.token");
      for (int i = 0; i < crossEntropy.length; i++) {
        if (golden.longs(set + ".mask")[i] == 1) { // masked rows have no label
          assertThat(crossEntropy[i]).as("row %d", i).isCloseTo(expected[i], within(TOLERANCE));
        }
      }
      float squared = (float) temperature * temperature;
      float[] gradient = golden.floats(set + ".T" + temperature + ".fkl.grad");
      float[] other = golden.floats(set + ".ce.grad");
      for (int i = 0; i < gradient.length; i++) {
        gradient[i] = MIX * squared * gradient[i] + (1 - MIX) * other[i];
      }
      float[] found = masked(set, actual.get(2));
      close(set + ".T" + temperature + " mixture", found, gradient, squared);
      if (temperature == 1) {
        close(set + ".T1.mix.grad", found, golden.floats(set + ".T1.mix.grad"), 1);
      }
    }
  }

  private NDList atLogits(NDManager scope, TokenLoss loss, String set) {
    NDArray student = array(scope, set + ".student");
    NDArray teacher = array(scope, set + ".teacher");
    long[] labels = golden.longs(set + ".labels");
    for (int i = 0; i < labels.length; i++) {
      labels[i] = Math.max(0, labels[i]);
    }
    return loss.atLogits(
        scope, student, teacher, Torch.copyOf(scope, labels, new Shape(labels.length)));
  }

  /** The goldens' gradients are of the mean over unmasked rows, and zero in masked ones. */
  private float[] masked(String set, NDArray gradient) {
    long[] mask = golden.longs(set.replaceAll("\\..*", "") + ".mask");
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

  private NDArray array(NDManager scope, String name) {
    Shape shape =
        new Shape(golden.info(name).shape().stream().mapToLong(Long::longValue).toArray());
    return Torch.copyOf(scope, golden.floats(name), shape);
  }

  private static void close(String name, float[] actual, float[] expected, float factor) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      assertThat(actual[i])
          .as("%s [%d]", name, i)
          .isCloseTo(expected[i], within(TOLERANCE * Math.max(1, factor)));
    }
  }
}
