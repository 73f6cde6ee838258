package org.pocketdistill.pipeline.onnx;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Matrices in int8, one scale per output channel; activations become unsigned bytes at run time,
 * one scale per token:
 *
 * <pre>
 * s = max|x| / 127;  a = round(x / s) + 128
 * y = s · scale · Σ (a - 128) · q
 * </pre>
 *
 * DynamicQuantizeLinear is not used: its one scale for a whole batch makes a token's result depend
 * on its neighbours and on padding, so that cached and batched decoding would differ from plain
 * decoding, and one outlier would coarsen every token.
 */
final class Int8LinearLayers implements LinearLayers {
  private static final int ZERO_POINT = 128;
  private static final String EMBED = "/model/embed_tokens";

  private final OnnxGraph graph;
  private final boolean plain;
  private final Map<String, Activation> activations = new HashMap<>();

  /** Names of the bytes and the scales [batch, sequence, 1] of a quantised activation. */
  private record Activation(String bytes, String scale) {}

  /**
   * Names of the codes, scales and zero point of a quantised matrix. A zero point of zero could be
   * left out or shared, but then ONNX Runtime 1.23 fails when it rewrites the graph for x86.
   */
  private record Weight(String codes, String scale, String zeroPoint) {
    static Weight named(String name) {
      return new Weight(name + "_quantized", name + "_scale", name + "_zero_point");
    }
  }

  /**
   * Layers of a graph.
   *
   * @param plain whether products are of standard operators only
   */
  Int8LinearLayers(OnnxGraph graph, boolean plain) {
    this.graph = graph;
    this.plain = plain;
  }

  @Override
  public String embed(WeightMatrix table, String ids) throws IOException {
    Int8Rows rows = Int8Rows.of(table);
    Weight weight = Weight.named("model.embed_tokens.weight");
    graph.initializer(
        weight.codes(),
        DataType.INT8,
        List.of((long) table.rows(), (long) table.columns()),
        sink -> writeRows(rows, sink));
    graph.initializer(weight.scale(), rows.scales(), table.rows());
    String codes = graph.node(EMBED + "/Gather", "Gather").inputs(weight.codes(), ids).output();
    return dequantize(codes, weight, ids);
  }

  /** Gathers columns of the head's matrix [hidden, vocabulary], so that it is stored once. */
  @Override
  public String embedShared(WeightMatrix table, String ids) throws IOException {
    Weight weight = store(LinearLayers.initializerName(HEAD, "weight"), table);
    return dequantize(LinearLayers.gatherColumns(graph, weight.codes(), ids), weight, ids);
  }

  private String dequantize(String codes, Weight weight, String ids) {
    String floats = graph.node(EMBED + "/Cast", "Cast").inputs(codes).to(DataType.FLOAT).output();
    String scales =
        graph.node(EMBED + "/scale/Gather", "Gather").inputs(weight.scale(), ids).output();
    String column =
        graph
            .node(EMBED + "/scale/Unsqueeze", "Unsqueeze")
            .inputs(scales, graph.longs(-1))
            .output();
    return graph.node(EMBED + "/Mul", "Mul").inputs(floats, column).output();
  }

  @Override
  public void sharedHead(String input, String output) {
    multiply(HEAD, Weight.named(LinearLayers.initializerName(HEAD, "weight")), input, output);
  }

  @Override
  public void multiply(String node, WeightMatrix matrix, String input, String output)
      throws IOException {
    multiply(node, store(LinearLayers.initializerName(node, "weight"), matrix), input, output);
  }

  private void multiply(String node, Weight weight, String input, String output) {
    Activation activation = activations.computeIfAbsent(input, this::quantize);
    String product =
        plain ? product(node, weight, activation) : fusedProduct(node, weight, activation);
    graph.node(node + "_scale/Mul", "Mul").inputs(product, activation.scale()).outputs(output);
  }

  private String fusedProduct(String node, Weight weight, Activation activation) {
    return graph
        .node(node + "_quant", "MatMulIntegerToFloat")
        .microsoft()
        .inputs(
            activation.bytes(),
            weight.codes(),
            graph.scalar(1f),
            weight.scale(),
            graph.unsignedByte(ZERO_POINT),
            weight.zeroPoint())
        .output();
  }

  private String product(String node, Weight weight, Activation activation) {
    String sums =
        graph
            .node(node + "_quant", "MatMulInteger")
            .inputs(
                activation.bytes(),
                weight.codes(),
                graph.unsignedByte(ZERO_POINT),
                weight.zeroPoint())
            .output();
    String floats = graph.node(node + "_cast", "Cast").inputs(sums).to(DataType.FLOAT).output();
    return graph.node(node + "_weight/Mul", "Mul").inputs(floats, weight.scale()).output();
  }

  private Activation quantize(String input) {
    String name = input.substring(0, input.lastIndexOf('/')) + "/quant";
    String magnitudes = graph.node(name + "/Abs", "Abs").inputs(input).output();
    String largest = graph.reduceLast(name + "/ReduceMax", "ReduceMax", magnitudes);
    String scale =
        graph
            .node(name + "/scale/Mul", "Mul")
            .inputs(largest, graph.scalar(1f / (ZERO_POINT - 1)))
            .output();
    String positive = // a token of zeros must not divide zero by zero
        graph
            .node(name + "/scale/Max", "Max")
            .inputs(scale, graph.scalar(Float.MIN_NORMAL))
            .output();
    String scaled = graph.node(name + "/Div", "Div").inputs(input, positive).output();
    String bytes =
        graph
            .node(name + "/QuantizeLinear", "QuantizeLinear")
            .inputs(scaled, graph.scalar(1f), graph.unsignedByte(ZERO_POINT))
            .output();
    return new Activation(bytes, positive);
  }

  private Weight store(String name, WeightMatrix matrix) throws IOException {
    Int8Rows rows = Int8Rows.of(matrix);
    Weight weight = Weight.named(name);
    graph.initializer(
        weight.codes(),
        DataType.INT8,
        List.of((long) matrix.columns(), (long) matrix.rows()),
        new TransposedPayload(
            matrix, 1, (target, at, row, value) -> target.put(at, rows.quantize(row, value))));
    graph.initializer(weight.scale(), rows.scales(), matrix.rows());
    graph.initializer(
        weight.zeroPoint(), DataType.INT8, List.of(), sink -> sink.write(ByteBuffer.allocate(1)));
    return weight;
  }

  private static void writeRows(Int8Rows rows, ExternalDataFile.Sink sink) throws IOException {
    float[] values = new float[rows.matrix().columns()];
    byte[] codes = new byte[values.length];
    for (int row = 0; row < rows.matrix().rows(); row++) {
      rows.matrix().row(row, values);
      for (int column = 0; column < values.length; column++) {
        codes[column] = rows.quantize(row, values[column]);
      }
      sink.write(ByteBuffer.wrap(codes));
    }
  }
}
