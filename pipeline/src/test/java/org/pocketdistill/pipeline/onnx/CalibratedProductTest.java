package org.pocketdistill.pipeline.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pocketdistill.pipeline.quantize.ByteGrid;
import org.pocketdistill.pipeline.quantize.StaticInt8Goldens;

/** Two products with a Relu between, as ONNX Runtime's own static quantizer made them. */
class CalibratedProductTest {
  private static final int TOKENS = 8;
  private static final int INPUTS = 64;
  private static final int INNER = 32;
  private static final int OUTPUTS = 16;

  @TempDir Path folder;

  /** MatMul's B [inputs, outputs] is the transpose of a matrix of rows = outputs. */
  private static WeightMatrix matrix(String name, int inputs, int outputs) {
    float[] weights = StaticInt8Goldens.floats(name);
    return new WeightMatrix.View(
        name,
        outputs,
        inputs,
        (row, target) -> {
          for (int i = 0; i < inputs; i++) {
            target[i] = weights[i * outputs + row];
          }
        });
  }

  private static ByteGrid grid(String name) {
    return new ByteGrid(
        StaticInt8Goldens.initializer(name + "_scale")[0],
        StaticInt8Goldens.codes(name + "_zero_point")[0] & 0xff);
  }

  @Test
  void hasTheCodesScalesAndGridOfTheOriginal() {
    assertSame("w", INPUTS, INNER);
    assertSame("w2", INNER, OUTPUTS);
    assertThat(StaticInt8Goldens.minMax().grid()).isEqualTo(grid("x"));
  }

  private static void assertSame(String name, int inputs, int outputs) {
    WeightMatrix matrix = matrix(name, inputs, outputs);
    Int8Rows rows = Int8Rows.of(matrix);
    assertThat(rows.scales()).containsExactly(StaticInt8Goldens.initializer(name + "_scale"));
    byte[] codes = StaticInt8Goldens.codes(name + "_quantized");
    float[] values = new float[inputs];
    for (int row = 0; row < outputs; row++) {
      matrix.row(row, values);
      for (int i = 0; i < inputs; i++) {
        assertThat(rows.quantize(row, values[i])).isEqualTo(codes[i * outputs + row]);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = OrtSession.SessionOptions.OptLevel.class,
      names = {"NO_OPT", "ALL_OPT"})
  void computesWhatTheOriginalComputes(OrtSession.SessionOptions.OptLevel level)
      throws IOException, OrtException {
    String first = "/a/up_proj/MatMul";
    String second = "/a/down_proj/MatMul";
    Path model = folder.resolve("model.onnx");
    try (ExternalDataChunks data =
        new ExternalDataChunks(folder.resolve("model.onnx.data"), 100_000_000)) {
      OnnxGraph graph = new OnnxGraph(data);
      graph.input("x", DataType.FLOAT, "tokens", (long) INPUTS);
      graph.output("y", DataType.FLOAT, "tokens", (long) OUTPUTS);
      Int8Product product =
          new CalibratedProduct(graph, Map.of(first, grid("x"), second, grid("r")));
      Int8LinearLayers layers = new Int8LinearLayers(graph, product);
      String inner = layers.multiply(first, matrix("w", INPUTS, INNER), "x");
      String positive = graph.node("/a/Relu", "Relu").inputs(inner).output();
      layers.multiply(second, matrix("w2", INNER, OUTPUTS), positive, "y");
      Files.write(model, graph.model(Map.of()).toByteArray());
    }

    float[] found = run(model, level);

    // The original rounds its output, too.
    ByteGrid output = grid("y");
    float[] expected =
        StaticInt8Goldens.floats(
            level == OrtSession.SessionOptions.OptLevel.NO_OPT ? "y_no_graph_optimisation" : "y");
    int steps = 0;
    for (int i = 0; i < found.length; i++) {
      double code = Math.rint(found[i] / output.scale()) + output.zeroPoint();
      double clipped = Math.max(0, Math.min(255, code));
      double difference =
          Math.abs(clipped - output.zeroPoint() - Math.rint(expected[i] / output.scale()));
      assertThat(difference).as("output %d", i).isLessThanOrEqualTo(1);
      steps += difference > 0 ? 1 : 0;
    }
    assertThat(steps).as("halves that sums in another order round otherwise").isLessThan(3);
  }

  private static float[] run(Path model, OrtSession.SessionOptions.OptLevel level)
      throws OrtException {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    FloatBuffer x = FloatBuffer.wrap(StaticInt8Goldens.batches().get(0));
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setOptimizationLevel(level);
      try (OrtSession session = environment.createSession(model.toString(), options);
          OnnxTensor tensor = OnnxTensor.createTensor(environment, x, new long[] {TOKENS, INPUTS});
          OrtSession.Result result = session.run(Map.of("x", tensor))) {
        float[][] rows = (float[][]) result.get(0).getValue();
        float[] flat = new float[TOKENS * OUTPUTS];
        for (int i = 0; i < flat.length; i++) {
          flat[i] = rows[i / OUTPUTS][i % OUTPUTS];
        }
        return flat;
      }
    }
  }
}
