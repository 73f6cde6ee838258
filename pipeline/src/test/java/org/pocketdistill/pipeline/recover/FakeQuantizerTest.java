package org.pocketdistill.pipeline.recover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pocketdistill.pipeline.config.TrainConfig;
import org.pocketdistill.pipeline.quantize.BlockFormat;
import org.pocketdistill.pipeline.quantize.Dequantized;
import org.pocketdistill.pipeline.quantize.MatrixOfRows;
import org.pocketdistill.pipeline.quantize.RoundToNearest;
import org.pocketdistill.pipeline.torch.Torch;
import org.pocketdistill.pipeline.train.MasterWeights;
import org.pocketdistill.pipeline.train.Optimizer;

class FakeQuantizerTest {
  private static final long SEED = 5;

  @ParameterizedTest
  @CsvSource({
    "4, 32, true, 64", "4, 32, false, 64", "8, 32, true, 96", "8, 64, false, 64",
    "4, 128, true, 200", "4, 64, false, 72", "8, 128, true, 16", "4, 32, true, 33"
  })
  void givesTheBitsThatTheCodesStandFor(int bits, int blockSize, boolean symmetric, int columns)
      throws IOException {
    BlockFormat format = new BlockFormat(bits, blockSize);
    float[][] rows = rows(columns, format);

    float[] found = rounded(rows, new BlockGrid(format, symmetric));

    float[][] expected =
        Dequantized.of(new RoundToNearest(format, symmetric), new MatrixOfRows("rows", rows));
    for (int row = 0; row < rows.length; row++) {
      for (int i = 0; i < columns; i++) {
        assertThat(Float.floatToIntBits(found[row * columns + i] + 0f))
            .as("seed %d row %d column %d: %s", SEED, row, i, rows[row][i])
            .isEqualTo(Float.floatToIntBits(expected[row][i] + 0f));
      }
    }
  }

  /** Of every size, and what rounding stumbles over. */
  private static float[][] rows(int columns, BlockFormat format) {
    SplittableRandom random = new SplittableRandom(SEED);
    List<float[]> rows = new ArrayList<>();
    for (int exponent = -44; exponent <= 36; exponent += 2) { // from below the normal numbers on
      float[] row = new float[columns];
      for (int i = 0; i < columns; i++) {
        row[i] = (float) (random.nextDouble(-1, 1) * Math.pow(10, exponent));
      }
      rows.add(row);
    }
    rows.add(filled(columns, i -> 0));
    rows.add(filled(columns, i -> i % 3 == 0 ? -0f : 0f));
    rows.add(filled(columns, i -> 0.7f));
    rows.add(filled(columns, i -> -0.7f));
    rows.add(filled(columns, i -> -1f - i));
    rows.add(filled(columns, i -> 1f + i));
    rows.add(filled(columns, i -> i % 2 == 0 ? 3 : -3));
    rows.add(filled(columns, i -> i == columns - 1 ? 5 : 0));
    rows.add(filled(columns, i -> i % 2 == 0 ? Float.MIN_VALUE : 0));
    // scale 1: halves between codes, and the largest number below a half
    float extreme = -format.middle();
    rows.add(filled(columns, i -> i % 16 == 0 ? extreme : i % 7 - 3.5f));
    rows.add(filled(columns, i -> i % 16 == 0 ? extreme : extreme + Math.nextDown(0.5f)));
    for (int i = 0; i < 40; i++) {
      rows.add(filled(columns, j -> (float) Math.pow(random.nextDouble(-1, 1), 3)));
    }
    return rows.toArray(float[][]::new);
  }

  private interface Element {
    float of(int column);
  }

  private static float[] filled(int columns, Element element) {
    float[] row = new float[columns];
    for (int i = 0; i < columns; i++) {
      row[i] = element.of(i);
    }
    return row;
  }

  private static float[] rounded(float[][] rows, BlockGrid grid) {
    try (NDManager manager = Torch.newManager();
        FakeQuantizer quantizer = new FakeQuantizer()) {
      NDArray target = array(manager, rows);
      quantizer.round(manager, List.of(target), List.of(array(manager, rows)), grid);
      return target.toFloatArray();
    }
  }

  private static NDArray array(NDManager manager, float[]... rows) {
    float[] flat = new float[rows.length * rows[0].length];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(rows[i], 0, flat, i * rows[i].length, rows[i].length);
    }
    return Torch.copyOf(manager, flat, new Shape(rows.length, rows[0].length));
  }

  @Test
  void whatIsNotFiniteStaysSoThatTheLossShowsIt() {
    for (float broken : List.of(Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY)) {
      for (boolean symmetric : List.of(true, false)) {
        float[] row = filled(64, i -> i - 20);
        row[40] = broken;

        float[] found =
            rounded(new float[][] {row}, new BlockGrid(new BlockFormat(4, 32), symmetric));

        assertThat(Arrays.copyOf(found, 32)).doesNotContain(Float.NaN);
        float sum = 0;
        for (int i = 32; i < 64; i++) {
          sum += found[i];
        }
        assertThat(Float.isFinite(sum)).as("%s, symmetric %s", broken, symmetric).isFalse();
      }
    }
  }

  /**
   * A block whose scale is 1, since its extreme is -8. With a gradient of one size a step of AdamW
   * is the learning rate, so that steps of 0.1 have to add up until a code changes.
   */
  @Test
  void smallStepsAddUpInTheMasters() {
    BlockGrid grid = new BlockGrid(new BlockFormat(4, 32), true);
    float[] weights = new float[32];
    weights[0] = -8;
    weights[1] = 0.45f;
    weights[2] = 2.2f;
    float[] gradients = new float[32];
    gradients[1] = -1;
    gradients[2] = 1;
    try (NDManager manager = Torch.newManager();
        FakeQuantizer quantizer = new FakeQuantizer()) {
      NDArray parameter = array(manager, weights);
      NDArray master = array(manager, weights);
      MasterWeights masters = masters(quantizer, manager, parameter, master, grid);
      masters.project();
      assertThat(first(parameter)).containsExactly(-8, 0, 2, 0);
      try (Optimizer optimizer = new Optimizer(config(), Map.of("w", parameter), masters)) {
        step(optimizer, manager, parameter, gradients, 1);
        assertThat(first(master)).containsExactly(new float[] {-8, 0.55f, 2.1f, 0}, within(1e-5f));
        assertThat(first(parameter)).containsExactly(-8, 1, 2, 0);
        for (int step = 2; step <= 8; step++) {
          step(optimizer, manager, parameter, gradients, step);
        }
        assertThat(first(master)).containsExactly(new float[] {-8, 1.25f, 1.4f, 0}, within(1e-5f));
        assertThat(first(parameter)).containsExactly(-8, 1, 1, 0);
      }
    }
  }

  /** The first four elements, zeros without a sign. */
  private static float[] first(NDArray array) {
    float[] values = Arrays.copyOf(array.toFloatArray(), 4);
    for (int i = 0; i < values.length; i++) {
      values[i] += 0f;
    }
    return values;
  }

  private static MasterWeights masters(
      FakeQuantizer quantizer,
      NDManager manager,
      NDArray parameter,
      NDArray master,
      BlockGrid grid) {
    return new MasterWeights() {
      @Override
      public Map<String, NDArray> masters() {
        return Map.of("w", master);
      }

      @Override
      public void project() {
        quantizer.round(manager, List.of(parameter), List.of(master), grid);
      }
    };
  }

  private static void step(
      Optimizer optimizer, NDManager manager, NDArray parameter, float[] gradients, int step) {
    try (NDArray gradient = array(manager, gradients)) {
      optimizer.gradient(parameter).addi(gradient);
    }
    optimizer.step(step, 0.1, optimizer.gradientNorm());
  }

  private static TrainConfig config() {
    return new TrainConfig(
        1,
        Optional.empty(),
        1,
        1,
        TrainConfig.OptimizerName.ADAMW,
        0.1,
        TrainConfig.Scheduler.CONSTANT,
        0,
        0,
        0.2,
        0,
        0.9,
        0.999,
        1e-8,
        0,
        1,
        1,
        TrainConfig.Precision.FP32);
  }
}
