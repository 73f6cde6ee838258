package org.pocketdistill.pipeline.onnx;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Matrices in int8, one scale per output channel; what they are multiplied with is rounded, too.
 */
final class Int8LinearLayers implements LinearLayers {
  private static final String EMBED = "/model/embed_tokens";

  private final OnnxGraph graph;
  private final Int8Product product;

  /** Layers whose products are computed by {@code product}. */
  Int8LinearLayers(OnnxGraph graph, Int8Product product) {
    this.graph = graph;
    this.product = product;
  }

  @Override
  public String embed(WeightMatrix table, String ids) throws IOException {
    Int8Rows rows = Int8Rows.of(table);
    Int8Weight weight = Int8Weight.named("model.embed_tokens.weight");
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
    Int8Weight weight = store(LinearLayers.initializerName(HEAD, "weight"), table);
    return dequantize(LinearLayers.gatherColumns(graph, weight.codes(), ids), weight, ids);
  }

  private String dequantize(String codes, Int8Weight weight, String ids) {
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
    product.add(
        HEAD, Int8Weight.named(LinearLayers.initializerName(HEAD, "weight")), input, output);
  }

  @Override
  public void multiply(String node, WeightMatrix matrix, String input, String output)
      throws IOException {
    product.add(node, store(LinearLayers.initializerName(node, "weight"), matrix), input, output);
  }

  private Int8Weight store(String name, WeightMatrix matrix) throws IOException {
    Int8Rows rows = Int8Rows.of(matrix);
    Int8Weight weight = Int8Weight.named(name);
    graph.initializer(
        weight.codes(),
        DataType.INT8,
        List.of((long) matrix.columns(), (long) matrix.rows()),
        new TransposedPayload(
            matrix, 1, (target, at, row, value) -> target.put(at, rows.quantize(row, value))));
    graph.initializer(weight.scale(), rows.scales(), matrix.rows());
    List<Long> shape = product.zeroPointShape(matrix.rows());
    int zeros = shape.isEmpty() ? 1 : matrix.rows();
    graph.initializer(
        weight.zeroPoint(), DataType.INT8, shape, sink -> sink.write(ByteBuffer.allocate(zeros)));
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
