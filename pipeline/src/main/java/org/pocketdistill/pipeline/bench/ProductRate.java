package org.pocketdistill.pipeline.bench;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;

/**
 * Products and sums per second of ONNX Runtime on this machine: a piece of a prompt times a square
 * matrix, as in a projection. What surrounds products in a model is not in it.
 */
final class ProductRate {
  private static final long IR_VERSION = 10;
  private static final long OPSET = 21;
  private static final int TOKENS = 128;

  /** What is multiplied. */
  enum Type {
    FP32("MatMul", DataType.FLOAT, DataType.FLOAT, DataType.FLOAT),
    INT8("MatMulInteger", DataType.UINT8, DataType.INT8, DataType.INT32);

    private final String operator;
    private final DataType activation;
    private final DataType weight;
    private final DataType product;

    Type(String operator, DataType activation, DataType weight, DataType product) {
      this.operator = operator;
      this.activation = activation;
      this.weight = weight;
      this.product = product;
    }

    private int elementBytes() {
      return this == FP32 ? Float.BYTES : 1;
    }
  }

  private ProductRate() {}

  /**
   * Units of 10^9 per second, a product and its sum being two, of the fastest of some runs.
   *
   * @param width rows and columns of the matrix
   */
  static double gigaOps(Type type, int threads, int width, int runs) {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    ByteBuffer activations =
        ByteBuffer.allocateDirect(TOKENS * width * type.elementBytes())
            .order(ByteOrder.nativeOrder());
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(threads);
      options.addConfigEntry("session.x64quantprecision", "1");
      try (OrtSession session = environment.createSession(model(type, width), options);
          OnnxTensor input = tensor(environment, type, activations, width)) {
        long fastest = Long.MAX_VALUE;
        for (int run = 0; run < runs; run++) {
          long started = System.nanoTime();
          session.run(Map.of("x", input)).close();
          fastest = Math.min(fastest, System.nanoTime() - started);
        }
        return 2.0 * TOKENS * width * width / Math.max(1, fastest);
      }
    } catch (OrtException e) {
      throw new IllegalStateException("ONNX Runtime failed: " + e.getMessage(), e);
    }
  }

  private static OnnxTensor tensor(
      OrtEnvironment environment, Type type, ByteBuffer values, int width) throws OrtException {
    OnnxJavaType element = type == Type.FP32 ? OnnxJavaType.FLOAT : OnnxJavaType.UINT8;
    return OnnxTensor.createTensor(environment, values, new long[] {TOKENS, width}, element);
  }

  private static byte[] model(Type type, int width) {
    GraphProto.Builder graph = GraphProto.newBuilder().setName("product");
    graph
        .addNodeBuilder()
        .setOpType(type.operator)
        .setName("product")
        .addInput("x")
        .addInput("w")
        .addOutput("y");
    graph.addInput(value("x", type.activation, TOKENS, width));
    graph.addOutput(value("y", type.product, TOKENS, width));
    graph.addInitializer(
        TensorProto.newBuilder()
            .setName("w")
            .setDataType(type.weight.getNumber())
            .addDims(width)
            .addDims(width)
            .setRawData(ByteString.copyFrom(new byte[width * width * type.elementBytes()])));
    ModelProto.Builder model = ModelProto.newBuilder().setIrVersion(IR_VERSION).setGraph(graph);
    model.addOpsetImportBuilder().setDomain("").setVersion(OPSET);
    return model.build().toByteArray();
  }

  private static ValueInfoProto value(String name, DataType type, int rows, int columns) {
    ValueInfoProto.Builder value = ValueInfoProto.newBuilder().setName(name);
    var tensor = value.getTypeBuilder().getTensorTypeBuilder().setElemType(type.getNumber());
    tensor.getShapeBuilder().addDimBuilder().setDimValue(rows);
    tensor.getShapeBuilder().addDimBuilder().setDimValue(columns);
    return value.build();
  }
}
