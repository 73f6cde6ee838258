package org.pocketdistill.pipeline.onnx;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Activations become unsigned bytes at run time, one scale per token:
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
final class PerTokenProduct implements Int8Product {
  private static final int ZERO_POINT = 128;

  private final OnnxGraph graph;
  private final boolean plain;
  private final Map<String, Activation> activations = new HashMap<>();

  /** Names of the bytes and the scales [batch, sequence, 1] of a quantised activation. */
  private record Activation(String bytes, String scale) {}

  /**
   * Products of a graph.
   *
   * @param plain whether they are of standard operators only
   */
  PerTokenProduct(OnnxGraph graph, boolean plain) {
    this.graph = graph;
    this.plain = plain;
  }

  @Override
  public List<Long> zeroPointShape(int rows) {
    return List.of();
  }

  @Override
  public void add(String node, Int8Weight weight, String input, String output) {
    Activation activation = activations.computeIfAbsent(input, this::quantize);
    String product =
        plain ? product(node, weight, activation) : fusedProduct(node, weight, activation);
    graph.node(node + "_scale/Mul", "Mul").inputs(product, activation.scale()).outputs(output);
  }

  private String fusedProduct(String node, Int8Weight weight, Activation activation) {
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

  private String product(String node, Int8Weight weight, Activation activation) {
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
}
