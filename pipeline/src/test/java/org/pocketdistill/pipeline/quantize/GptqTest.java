package org.pocketdistill.pipeline.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.pocketdistill.data.DataException;

class GptqTest {
  private static final JsonNode GOLDEN = read();
  private static final int COLUMNS = GOLDEN.path("columns").intValue();
  private static final int ROWS = GOLDEN.path("rows").intValue();

  private static JsonNode read() {
    try (InputStream in = GptqTest.class.getResourceAsStream("/quant/gptq.json.gz");
        InputStream json = new GZIPInputStream(in)) {
      return new JsonMapper().readTree(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One way to round the matrix of the golden file. */
  record Case(JsonNode node) {
    Gptq gptq() {
      return new Gptq(
          node.path("bits").intValue(),
          node.path("group_size").intValue(),
          symmetric(),
          node.path("damp").doubleValue(),
          node.path("act_order").booleanValue(),
          node.path("static_groups").booleanValue());
    }

    boolean symmetric() {
      return node.path("grid").asText().equals("symmetric_ort");
    }

    boolean is(String algorithm) {
      return node.path("algorithm").asText().equals(algorithm);
    }

    @Override
    public String toString() {
      return "%s bits, %s, act_order %s, static_groups %s"
          .formatted(
              node.path("bits"),
              node.path("grid").asText(),
              node.path("act_order"),
              node.path("static_groups"));
    }
  }

  private static List<Case> cases(String algorithm) {
    List<Case> cases = new ArrayList<>();
    GOLDEN.path("cases").forEach(node -> cases.add(new Case(node)));
    return cases.stream().filter(c -> c.is(algorithm)).toList();
  }

  static List<Case> goldens() {
    return cases("gptq");
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void givesTheCodesOfTheReference(Case golden) {
    Gptq.Rounded rounded = golden.gptq().quantize(weights(), hessian());

    byte[] codes = bytes(golden.node().path("q")).array();
    double[] scales = doubles(golden.node().path("scales"));
    double[] zeros = doubles(golden.node().path("zeros"));
    int groups = scales.length / ROWS;
    for (int row = 0; row < ROWS; row++) {
      for (int i = 0; i < COLUMNS; i++) {
        assertThat(rounded.codes()[row][i])
            .as("row %d, column %d", row, i)
            .isEqualTo(codes[row * COLUMNS + i]);
      }
      for (int group = 0; group < groups; group++) {
        assertThat(rounded.scales()[row][group])
            .isCloseTo(scales[row * groups + group], within(1e-9));
        assertThat(rounded.zeros()[row][group]).isEqualTo(zeros[row * groups + group]);
      }
    }
    for (int i = 0; i < COLUMNS; i++) {
      assertThat(rounded.groups()[i])
          .isEqualTo(golden.node().path("group_of_column").get(i).intValue());
    }
  }

  @Test
  void losesLessThanRoundingToNearest() {
    for (boolean symmetric : new boolean[] {true, false}) {
      Case nearest =
          cases("rtn").stream()
              .filter(c -> c.symmetric() == symmetric && c.node().path("bits").intValue() == 4)
              .findFirst()
              .orElseThrow();
      double[][] rounded =
          new Gptq.Rounded(
                  codes(nearest),
                  matrix(doubles(nearest.node().path("scales")), ROWS),
                  matrix(doubles(nearest.node().path("zeros")), ROWS),
                  groups())
              .values();
      Gptq gptq = new Gptq(4, 32, symmetric, 0.01, true, true);

      assertThat(loss(gptq.quantize(weights(), hessian()).values()))
          .isLessThan(0.3 * loss(rounded));
    }
  }

  private static int[] groups() {
    int[] groups = new int[COLUMNS];
    Arrays.setAll(groups, i -> i / 32);
    return groups;
  }

  private static int[][] codes(Case golden) {
    byte[] packed = bytes(golden.node().path("q")).array();
    int[][] codes = new int[ROWS][COLUMNS];
    for (int i = 0; i < packed.length; i++) {
      codes[i / COLUMNS][i % COLUMNS] = packed[i];
    }
    return codes;
  }

  /** Mean squared error of the outputs: tr(D H Dᵀ) / 2 of the weights' differences D. */
  private static double loss(double[][] rounded) {
    double[][] weights = weights();
    Hessian hessian = hessian();
    double sum = 0;
    for (int row = 0; row < ROWS; row++) {
      for (int i = 0; i < COLUMNS; i++) {
        for (int j = 0; j < COLUMNS; j++) {
          sum +=
              (rounded[row][i] - weights[row][i])
                  * hessian.at(i, j)
                  * (rounded[row][j] - weights[row][j]);
        }
      }
    }
    return sum / 2;
  }

  @Test
  void invertsWhatItsInputsHaveInCommon() {
    long seed = 3;
    SplittableRandom random = new SplittableRandom(seed);
    Hessian hessian = new Hessian(5);
    double[][] expected = new double[5][5];
    for (int n = 0; n < 20; n++) {
      float[] input = new float[5];
      for (int i = 0; i < 4; i++) { // element 4 is dead
        input[i] = (float) random.nextDouble(-1, 1);
      }
      hessian.add(input);
      for (int i = 0; i < 5; i++) {
        for (int j = 0; j < 5; j++) {
          expected[i][j] += 2.0 / 20 * input[i] * input[j];
        }
      }
    }
    expected[4][4] = 1;
    int[] order = {2, 0, 4, 1, 3};

    double[][] upper = hessian.inverseFactor(order, 0);

    for (int i = 0; i < 5; i++) {
      assertThat(hessian.at(0, i)).isCloseTo(expected[0][i], within(1e-12));
      for (int j = 0; j < 5; j++) {
        double product = 0; // of H and UᵀU
        for (int k = 0; k < 5; k++) {
          for (int l = 0; l < 5; l++) {
            product += expected[order[i]][order[k]] * upper[l][k] * upper[l][j];
          }
        }
        assertThat(product).as("seed %d", seed).isCloseTo(i == j ? 1 : 0, within(1e-9));
        assertThat(i > j ? upper[i][j] : 0).isZero();
      }
    }
  }

  /**
   * Blocks of columns and rows must not show; 150 columns have two, and a last one that is short.
   */
  @ParameterizedTest
  @CsvSource({"true, true, true", "false, true, false", "true, false, false"})
  void takesErrorsUpColumnByColumn(boolean symmetric, boolean actOrder, boolean staticGroups) {
    long seed = 11;
    SplittableRandom random = new SplittableRandom(seed);
    Hessian hessian = new Hessian(150);
    for (int n = 0; n < 200; n++) {
      float[] input = new float[150];
      for (int i = 0; i < input.length; i++) {
        input[i] =
            (float) (random.nextDouble(-1, 1) * (1 + i % 7)) + (i == 0 ? 0 : input[i - 1] / 2);
      }
      hessian.add(input);
    }
    double[][] weights = new double[20][150];
    for (double[] row : weights) {
      Arrays.setAll(row, i -> random.nextDouble(-1, 1));
    }
    Gptq gptq = new Gptq(4, 32, symmetric, 0.01, actOrder, staticGroups);

    Gptq.Rounded rounded = gptq.quantize(weights, hessian);

    int[] order = IntStream.range(0, 150).toArray();
    if (actOrder) {
      order =
          IntStream.of(order)
              .boxed()
              .sorted(Comparator.comparingDouble(i -> -hessian.at(i, i)))
              .mapToInt(Integer::intValue)
              .toArray();
    }
    double[][] upper = hessian.inverseFactor(order, 0.01);
    for (int row = 0; row < weights.length; row++) {
      double[] rest = weights[row].clone();
      for (int i = 0; i < order.length; i++) {
        int column = order[i];
        double value =
            rounded.scales()[row][rounded.groups()[column]]
                * (rounded.codes()[row][column] - rounded.zeros()[row][rounded.groups()[column]]);
        double scale = Math.abs(rounded.scales()[row][rounded.groups()[column]]);
        int code = rounded.codes()[row][column];
        if (code > 0 && code < 15) {
          assertThat(value)
              .as("seed %d, row %d, column %d", seed, row, column)
              .isCloseTo(rest[column], within(scale * 0.5000001));
        }
        double error = (rest[column] - value) / upper[i][i];
        for (int j = i; j < order.length; j++) {
          rest[order[j]] -= error * upper[i][j];
        }
      }
    }
  }

  @Test
  void findsTheFactorOfManyColumns() {
    long seed = 5;
    SplittableRandom random = new SplittableRandom(seed);
    int size = 200;
    Hessian hessian = new Hessian(size);
    for (int n = 0; n < 2 * size; n++) {
      float[] input = new float[size];
      for (int i = 0; i < size; i++) {
        input[i] = (float) random.nextDouble(-1, 1);
      }
      hessian.add(input);
    }

    double[][] upper = hessian.inverseFactor(IntStream.range(0, size).toArray(), 0);

    for (int i = 0; i < size; i++) {
      double[] vector = new double[size]; // row i of H · Uᵀ
      for (int l = 0; l < size; l++) {
        for (int k = l; k < size; k++) {
          vector[l] += hessian.at(i, k) * upper[l][k];
        }
      }
      for (int j = 0; j < size; j++) {
        double product = 0;
        for (int l = 0; l <= j; l++) {
          product += vector[l] * upper[l][j];
        }
        assertThat(product).as("seed %d", seed).isCloseTo(i == j ? 1 : 0, within(1e-8));
      }
    }
  }

  @Test
  void asksForInputsWhereThereAreTooFew() {
    Hessian none = new Hessian(3);
    Hessian one = new Hessian(3);
    one.add(new float[] {1, 2, 3});
    Gptq undamped = new Gptq(4, 32, true, 0, false, false);

    for (Hessian hessian : List.of(none, one)) {
      assertThatThrownBy(() -> undamped.quantize(new double[][] {{1, 2, 3}}, hessian))
          .isInstanceOf(DataException.class)
          .hasMessageContaining("calibrate on more rows");
    }
  }

  private static double[][] weights() {
    ByteBuffer bytes = bytes(GOLDEN.path("w"));
    double[] values = new double[ROWS * COLUMNS];
    for (int i = 0; i < values.length; i++) {
      values[i] = bytes.getFloat(4 * i);
    }
    return matrix(values, ROWS);
  }

  private static Hessian hessian() {
    double[] upper = doubles(GOLDEN.path("hessian_upper"));
    double[][] sums = new double[COLUMNS][COLUMNS];
    int next = 0;
    for (int i = 0; i < COLUMNS; i++) {
      for (int j = i; j < COLUMNS; j++) {
        sums[i][j] = upper[next++];
      }
    }
    return new Hessian(sums, 2);
  }

  private static double[][] matrix(double[] values, int rows) {
    int columns = values.length / rows;
    double[][] matrix = new double[rows][columns];
    for (int i = 0; i < values.length; i++) {
      matrix[i / columns][i % columns] = values[i];
    }
    return matrix;
  }

  private static double[] doubles(JsonNode base64) {
    ByteBuffer bytes = bytes(base64);
    double[] values = new double[bytes.remaining() / 8];
    bytes.asDoubleBuffer().get(values);
    return values;
  }

  private static ByteBuffer bytes(JsonNode base64) {
    return ByteBuffer.wrap(Base64.getDecoder().decode(base64.asText()))
        .order(ByteOrder.LITTLE_ENDIAN);
  }
}
