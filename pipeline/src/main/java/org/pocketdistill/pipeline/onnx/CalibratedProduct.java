package org.pocketdistill.pipeline.onnx;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.pocketdistill.pipeline.calibrate.ActivationRanges;
import org.pocketdistill.pipeline.calibrate.LinearInput;
import org.pocketdistill.pipeline.quantize.ByteGrid;

/**
 * Activations become unsigned bytes on a grid that is settled beforehand:
 *
 * <pre>
 * a = clamp(round(x / s) + z, 0, 255)
 * y = s · scale · Σ (a - z) · q
 * </pre>
 *
 * written as QuantizeLinear and DequantizeLinear before a MatMul, and DequantizeLinear behind its
 * weight. So any runtime can compute it in floats, and one that has integer products sees where
 * they belong: ONNX Runtime makes a MatMulIntegerToFloat of it. The product itself is not rounded.
 */
final class CalibratedProduct implements Int8Product {
  private final OnnxGraph graph;
  private final Map<String, ByteGrid> grids;
  private final Map<String, String> rounded = new HashMap<>();

  /** Products whose inputs are rounded to these grids, by the name of the node. */
  CalibratedProduct(OnnxGraph graph, Map<String, ByteGrid> grids) {
    this.graph = graph;
    this.grids = Map.copyOf(grids);
  }

  /** Grids by the names of a decoder's nodes; q, k and v are one or three, by the graph. */
  static Map<String, ByteGrid> grids(ActivationRanges activations) {
    Map<String, ByteGrid> grids = new HashMap<>();
    activations
        .ranges()
        .forEach((input, range) -> nodes(input).forEach(node -> grids.put(node, range.grid())));
    return grids;
  }

  private static List<String> nodes(LinearInput input) {
    String layer = "/model/layers." + input.layer();
    return switch (input.place()) {
      case QKV ->
          List.of(
              layer + "/attn/qkv_proj/MatMul",
              layer + "/attn/q_proj/MatMul",
              layer + "/attn/k_proj/MatMul",
              layer + "/attn/v_proj/MatMul");
      case OUTPUT -> List.of(layer + "/attn/o_proj/MatMul");
      case GATE_UP -> List.of(layer + "/mlp/gate_proj/MatMul", layer + "/mlp/up_proj/MatMul");
      case DOWN -> List.of(layer + "/mlp/down_proj/MatMul");
      case HEAD -> List.of("/lm_head/MatMul");
    };
  }

  @Override
  public List<Long> zeroPointShape(int rows) {
    return List.of((long) rows);
  }

  @Override
  public void add(String node, Int8Weight weight, String input, String output) {
    String activation = rounded.computeIfAbsent(input, any -> round(node, input));
    String matrix =
        graph
            .node(node + "/weight/DequantizeLinear", "DequantizeLinear")
            .inputs(weight.codes(), weight.scale(), weight.zeroPoint())
            .attribute("axis", 1)
            .output();
    graph.node(node, "MatMul").inputs(activation, matrix).outputs(output);
  }

  private String round(String node, String input) {
    ByteGrid grid = grids.get(node);
    if (grid == null) {
      throw new IllegalArgumentException("no range for the input of " + node);
    }
    String scale = graph.scalar(grid.scale());
    String zeroPoint = graph.unsignedByte(grid.zeroPoint());
    String bytes =
        graph
            .node(node + "/input/QuantizeLinear", "QuantizeLinear")
            .inputs(input, scale, zeroPoint)
            .output();
    return graph
        .node(node + "/input/DequantizeLinear", "DequantizeLinear")
        .inputs(bytes, scale, zeroPoint)
        .output();
  }
}
