package org.pocketdistill.pipeline.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.quantize.MatMulNBitsGoldens.Case;

class BlockQuantizerTest {
  private final ByteArrayOutputStream codes = new ByteArrayOutputStream();

  static List<Case> roundedToNearest() {
    return MatMulNBitsGoldens.all().stream().filter(c -> !c.isHqq()).toList();
  }

  static List<Case> halfQuadratic() {
    return MatMulNBitsGoldens.all().stream().filter(Case::isHqq).toList();
  }

  private BlockScales quantize(BlockQuantizer quantizer, RowMatrix matrix) throws IOException {
    return quantizer.quantize(matrix, codes::writeBytes);
  }

  @ParameterizedTest
  @MethodSource("roundedToNearest")
  void givesTheBytesOfOnnxRuntimesQuantizer(Case golden) throws IOException {
    BlockScales found = quantize(golden.quantizer(), golden);

    assertThat(codes.toByteArray()).isEqualTo(golden.codes());
    assertThat(found.scales())
        .as("the sign of zero included")
        .containsExactly(golden.floats("scales"));
    if (golden.symmetric()) {
      assertThat(found.zeroPoints()).isEqualTo(new ZeroPoints.Middle());
    } else {
      assertThat(((ZeroPoints.Packed) found.zeroPoints()).bytes())
          .isEqualTo(golden.packedZeroPoints());
    }
  }

  @ParameterizedTest
  @MethodSource("halfQuadratic")
  void optimisesZeroPointsAsOnnxRuntimesQuantizerDoes(Case golden) throws IOException {
    BlockScales found = quantize(golden.quantizer(), golden);

    assertThat(found.scales()).containsExactly(golden.floats("scales"), within(1e-4f));
    assertThat(((ZeroPoints.Fractional) found.zeroPoints()).values())
        .containsExactly(golden.floats("zero_points"), within(1e-4f));
    assertThat(differingCodes(golden)).as("ties").isLessThan(golden.codes().length / 1000);
  }

  private int differingCodes(Case golden) {
    byte[] expected = golden.codes();
    byte[] actual = codes.toByteArray();
    assertThat(actual).hasSameSizeAs(expected);
    int differing = 0;
    for (int i = 0; i < expected.length; i++) {
      differing += actual[i] == expected[i] ? 0 : 1;
    }
    return differing;
  }

  @Test
  void losesLessWithOptimisedZeroPoints() throws IOException {
    long seed = 7;
    float[][] weights = new float[40][100];
    SplittableRandom random = new SplittableRandom(seed);
    for (float[] row : weights) {
      for (int i = 0; i < row.length; i++) {
        row[i] = (float) Math.pow(random.nextDouble(-1, 1), 3);
      }
    }
    BlockFormat format = new BlockFormat(4, 32);

    assertThat(loss(new HalfQuadratic(32), weights))
        .as("seed %d", seed)
        .isLessThan(loss(new RoundToNearest(format, false), weights))
        .isLessThan(loss(new RoundToNearest(format, true), weights));
  }

  /** Mean |error|, which HQQ stops at. */
  private static double loss(BlockQuantizer quantizer, float[][] weights) throws IOException {
    float[][] rounded =
        Dequantized.of(quantizer, new MatrixOfRows("model.layers.0.mlp.up_proj.weight", weights));
    double sum = 0;
    for (int row = 0; row < weights.length; row++) {
      for (int i = 0; i < weights[row].length; i++) {
        sum += Math.abs(rounded[row][i] - weights[row][i]);
      }
    }
    return sum / (weights.length * (double) weights[0].length);
  }

  @Test
  void namesAMatrixThatIsNotFinite() {
    float[][] weights = new float[3][40];
    weights[1][39] = Float.NaN;
    for (BlockQuantizer quantizer :
        List.of(new RoundToNearest(new BlockFormat(8, 32), true), new HalfQuadratic(32))) {
      assertThatThrownBy(
              () ->
                  quantize(
                      quantizer, new MatrixOfRows("model.layers.0.mlp.up_proj.weight", weights)))
          .isInstanceOf(DataException.class)
          .hasMessage(
              "tensor 'model.layers.0.mlp.up_proj.weight': row 1 holds NaN, expected finite"
                  + " numbers");
    }
  }

  @Test
  void hasOnlyFormatsThatThereAreKernelsFor() {
    assertThatThrownBy(() -> new BlockFormat(3, 32)).hasMessage("3 bits, expected 4 or 8");
    assertThatThrownBy(() -> new HalfQuadratic(48).format())
        .hasMessage("blocks of 48, expected 32, 64 or 128");
    assertThat(new BlockFormat(4, 32).blocks(33)).isEqualTo(2);
    assertThat(new BlockFormat(4, 128).blockBytes()).isEqualTo(64);
    assertThat(new BlockFormat(4, 32).packedBytes(3)).isEqualTo(2);
  }
}
