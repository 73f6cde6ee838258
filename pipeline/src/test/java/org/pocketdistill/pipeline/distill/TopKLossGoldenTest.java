package org.pocketdistill.pipeline.distill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pocketdistill.pipeline.config.DistillConfig.Divergence;
import org.pocketdistill.pipeline.safetensors.SafetensorsFile;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.pipeline.torch.Torch;

/** Losses from the 8 most probable tokens and their tail against float64 numbers. */
final class TopKLossGoldenTest {
  private static final int K = 8;
  private static final float TOLERANCE = 1e-5f;

  private final SafetensorsFile golden;

  TopKLossGoldenTest() throws IOException, URISyntaxException {
    golden =
        SafetensorsFile.open(
            Path.of(TopKLossGoldenTest.class.getResource("/losses/topk.safetensors").toURI()));
  }

  @ParameterizedTest
  @CsvSource({
    "v37, 1, FORWARD_KL, fkl", "v37, 2, FORWARD_KL, fkl", "v37, 4, FORWARD_KL, fkl",
    "v37, 1, REVERSE_KL, rkl", "v37, 2, REVERSE_KL, rkl", "v37, 4, REVERSE_KL, rkl",
    "v1031, 2, FORWARD_KL, fkl", "v1031, 2, REVERSE_KL, rkl"
  })
  void valueAndGradientAreThoseOfTheOriginals(
      String set, int temperature, Divergence divergence, String name) {
    LossSettings settings = new LossSettings(divergence, temperature, 1, 0.5, 0.1);
    try (NDManager scope = Torch.newManager();
        TopKSelection selection = new TopKSelection(temperature, K, ComputeDtype.FP32);
        TokenLoss loss = new TokenLoss(settings, ComputeDtype.FP32, ComputeDtype.FP32)) {
      NDArray student = array(scope, set + ".student");
      int vocabulary = (int) student.getShape().get(1);
      // With the identity as the head the input is the logits, and its gradient is theirs.
      NDArray identity = scope.eye(vocabulary);
      Teacher.TopK top =
          selection.of(scope, new Teacher.Logits(array(scope, set + ".teacher"), identity));
      String prefix = set + ".T" + temperature + ".topk_";
      assertThat(top.ids().toLongArray()).isEqualTo(golden.longs(set + ".topk_indices"));
      close(top.logProbs().toFloatArray(), golden.floats(prefix + "teacher_logprobs"), 1);

      long[] mask = golden.longs(set + ".mask");
      float[] values = golden.floats(prefix + "tail_" + name + ".token");
      float[] gradient = golden.floats(prefix + "tail_" + name + ".grad");
      int unmasked = 0;
      for (long row : mask) {
        unmasked += (int) row;
      }
      for (int row = 0; row < mask.length; row++) {
        TokenLoss.Result result =
            loss.distill(scope, row(scope, student, identity, row), row(top, row), 1);
        assertThat(result.divergence()).as("row %d", row).isCloseTo(values[row], within(1e-5));
        float[] found = result.inputGradient().toFloatArray();
        for (int i = 0; i < vocabulary; i++) {
          found[i] *= (float) mask[row] / unmasked;
        }
        // The file is without the temperature's square, the gradient with it.
        float squared = (float) temperature * temperature;
        float[] expected = new float[vocabulary];
        for (int i = 0; i < vocabulary; i++) {
          expected[i] = squared * gradient[row * vocabulary + i];
        }
        close(found, expected, squared);
      }
    }
  }

  private static TokenLoss.Rows row(NDManager scope, NDArray student, NDArray head, int row) {
    NDArray input = student.get(row + ":" + (row + 1));
    NDArray targets = scope.zeros(new Shape(1), DataType.INT64);
    NDArray frozen = scope.zeros(new Shape(0), DataType.FLOAT32);
    return new TokenLoss.Rows(input.duplicate(), head, targets, frozen);
  }

  private static Teacher.TopK row(Teacher.TopK all, int row) {
    String range = row + ":" + (row + 1);
    return new Teacher.TopK(
        all.ids().get(range), all.logProbs().get(range), all.logTail().get(range));
  }

  private NDArray array(NDManager scope, String name) {
    Shape shape =
        new Shape(golden.info(name).shape().stream().mapToLong(Long::longValue).toArray());
    return Torch.copyOf(scope, golden.floats(name), shape);
  }

  private static void close(float[] actual, float[] expected, float factor) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      assertThat(actual[i]).as("[%d]", i).isCloseTo(expected[i], within(TOLERANCE * factor));
    }
  }
}
