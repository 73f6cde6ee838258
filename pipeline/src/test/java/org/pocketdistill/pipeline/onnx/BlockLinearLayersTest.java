package org.pocketdistill.pipeline.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.pocketdistill.pipeline.config.Int4Config;
import org.pocketdistill.pipeline.config.Int4Config.Algorithm;
import org.pocketdistill.pipeline.quantize.BlockFormat;
import org.pocketdistill.pipeline.quantize.Dequantized;
import org.pocketdistill.pipeline.quantize.MatMulNBitsGoldens;
import org.pocketdistill.pipeline.quantize.MatMulNBitsGoldens.Case;
import org.pocketdistill.pipeline.quantize.RoundToNearest;

/** The nodes by themselves, on ONNX Runtime. */
class BlockLinearLayersTest {
  /** Of products of 128 elements of size 1 whose sums have another order. */
  private static final float ROUNDING = 2e-5f;

  /** Activations in 8 bits, of two releases and sets of instructions, on products of size 1. */
  private static final float OTHER_KERNEL = 1e-2f;

  private static final long SEED = 11;

  @TempDir Path folder;

  static Stream<Case> products() {
    return MatMulNBitsGoldens.all().stream().filter(c -> c.name().equals("k96") && has4Bits(c));
  }

  private static boolean has4Bits(Case golden) {
    return golden.bits() == 4;
  }

  @ParameterizedTest
  @MethodSource("products")
  void multipliesAsOnnxRuntimesOwnFile(Case golden) throws IOException, OrtException {
    assertThat(product("/up_proj/MatMul", golden, 0, 8))
        .containsExactly(golden.floats("y"), within(golden.isHqq() ? 1e-4f : ROUNDING));
    float[] coarse = product("/up_proj/MatMul", golden, 4, 8);
    if (golden.isHqq()) {
      assertThat(coarse)
          .as("zero points that are no codes: the kernel computes in fp32")
          .containsExactly(golden.floats("y"), within(1e-4f));
      return;
    }
    assertThat(coarse).containsExactly(golden.floats("y_accuracy_level_4"), within(OTHER_KERNEL));
    assertThat(largestDifference(coarse, golden.floats("y")))
        .as("the attribute counts")
        .isGreaterThan(1e-4f);
  }

  @Test
  void hasAHeadOfEightBits() throws IOException, OrtException {
    Case golden =
        MatMulNBitsGoldens.all().stream()
            .filter(c -> c.name().equals("k96") && c.bits() == 8 && c.symmetric())
            .findFirst()
            .orElseThrow();

    assertThat(product("/lm_head/MatMul", golden, 0, 8))
        .containsExactly(golden.floats("y"), within(ROUNDING));
  }

  private float[] product(String node, Case golden, int accuracyLevel, int headBits)
      throws IOException, OrtException {
    Int4Config int4 =
        new Int4Config(
            golden.blockSize(),
            golden.isHqq() ? Optional.empty() : Optional.of(golden.symmetric()),
            golden.isHqq() ? Algorithm.HQQ : Algorithm.RTN,
            headBits,
            accuracyLevel);
    WeightMatrix matrix = new WeightMatrix.View("w", golden.rows(), golden.columns(), golden::row);
    Path model =
        write(
            graph -> {
              graph.input("x", DataType.FLOAT, "tokens", (long) golden.columns());
              graph.output("y", DataType.FLOAT, "tokens", (long) golden.rows());
              layers(graph, int4).multiply(node, matrix, "x", "y");
            });
    return flat(run(model, "x", rows(golden.floats("x"), golden.columns())));
  }

  @ParameterizedTest
  @CsvSource({
    "8, 32, 96",
    "4, 32, 96",
    "8, 32, 48",
    "4, 32, 48",
    "8, 64, 192",
    "4, 64, 192",
    "4, 128, 128",
    "8, 128, 100"
  })
  void looksUpAndMultipliesWithOneTable(int headBits, int blockSize, int hidden)
      throws IOException, OrtException {
    WeightMatrix table = random(40, hidden);
    float[][] rounded =
        Dequantized.of(new RoundToNearest(new BlockFormat(headBits, blockSize), true), table);
    Int4Config int4 = new Int4Config(blockSize, Optional.of(false), Algorithm.RTN, headBits, 0);
    Path model =
        write(
            graph -> {
              graph.input("ids", DataType.INT64, "batch", "tokens");
              graph.output("logits", DataType.FLOAT, "batch", "tokens", 40L);
              BlockLinearLayers layers = layers(graph, int4);
              layers.sharedHead(layers.embedShared(table, "ids"), "logits");
            });

    float[][] logits = ((float[][][]) run(model, "ids", new long[][] {{3, 39, 0}}))[0];

    int[] ids = {3, 39, 0};
    for (int i = 0; i < ids.length; i++) {
      for (int token = 0; token < 40; token++) {
        double expected = 0;
        for (int j = 0; j < hidden; j++) {
          expected += (double) rounded[ids[i]][j] * rounded[token][j];
        }
        assertThat(logits[i][token]).as("seed %d", SEED).isCloseTo((float) expected, within(1e-5f));
      }
    }
    int blocks = (hidden + blockSize - 1) / blockSize;
    assertThat(Files.size(model.resolveSibling("model.onnx.data")))
        .as("codes are stored once")
        .isLessThan(40L * blocks * (blockSize * headBits / 8 + 4) + 4096);
  }

  @ParameterizedTest
  @CsvSource({"8, 32, 96", "4, 32, 96", "8, 128, 100"})
  void looksUpInATableOfItsOwn(int headBits, int blockSize, int hidden)
      throws IOException, OrtException {
    WeightMatrix table = random(40, hidden);
    Int4Config int4 = new Int4Config(blockSize, Optional.of(false), Algorithm.RTN, headBits, 4);
    Path model =
        write(
            graph -> {
              graph.input("ids", DataType.INT64, "batch", "tokens");
              BlockLinearLayers layers = layers(graph, int4);
              graph.output(
                  layers.embed(table, "ids"), DataType.FLOAT, "batch", "tokens", (long) hidden);
            });

    float[][] vectors = ((float[][][]) run(model, "ids", new long[][] {{39, 7}}))[0];

    float[][] rounded =
        Dequantized.of(new RoundToNearest(new BlockFormat(headBits, blockSize), true), table);
    assertThat(vectors[0]).as("seed %d", SEED).containsExactly(rounded[39]);
    assertThat(vectors[1]).containsExactly(rounded[7]);
  }

  private static BlockLinearLayers layers(OnnxGraph graph, Int4Config int4) {
    return new BlockLinearLayers(graph, int4, ProjectionRounding.withoutText(int4));
  }

  private static WeightMatrix random(int rows, int columns) {
    SplittableRandom random = new SplittableRandom(SEED);
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextDouble(-0.1, 0.1);
    }
    return new WeightMatrix.View(
        "table",
        rows,
        columns,
        (row, target) -> System.arraycopy(values, row * columns, target, 0, columns));
  }

  private interface Content {
    void addTo(OnnxGraph graph) throws IOException;
  }

  private Path write(Content content) throws IOException {
    Path model = Files.createTempDirectory(folder, "graph").resolve("model.onnx");
    try (ExternalDataChunks data =
        new ExternalDataChunks(model.resolveSibling("model.onnx.data"), 100_000_000)) {
      OnnxGraph graph = new OnnxGraph(data);
      content.addTo(graph);
      Files.write(model, graph.model(Map.of()).toByteArray());
    }
    return model;
  }

  private static Object run(Path model, String input, Object values) throws OrtException {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession session = environment.createSession(model.toString());
        OnnxTensor tensor = OnnxTensor.createTensor(environment, values);
        OrtSession.Result result = session.run(Map.of(input, tensor))) {
      return result.get(0).getValue();
    }
  }

  private static float largestDifference(float[] one, float[] other) {
    float largest = 0;
    for (int i = 0; i < one.length; i++) {
      largest = Math.max(largest, Math.abs(one[i] - other[i]));
    }
    return largest;
  }

  private static float[][] rows(float[] values, int length) {
    float[][] rows = new float[values.length / length][];
    Arrays.setAll(rows, i -> Arrays.copyOfRange(values, i * length, (i + 1) * length));
    return rows;
  }

  private static float[] flat(Object rows) {
    List<float[]> all = List.of((float[][]) rows);
    float[] flat = new float[all.size() * all.get(0).length];
    for (int i = 0; i < all.size(); i++) {
      System.arraycopy(all.get(i), 0, flat, i * all.get(i).length, all.get(i).length);
    }
    return flat;
  }
}
