package org.pocketdistill.pipeline.onnx;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Matrices in fp32. */
record FloatLinearLayers(OnnxGraph graph) implements LinearLayers {
  private static final String TABLE = "model.embed_tokens.weight";

  @Override
  public String embed(WeightMatrix table, String ids) throws IOException {
    graph.initializer(
        TABLE,
        DataType.FLOAT,
        List.of((long) table.rows(), (long) table.columns()),
        sink -> writeRows(table, sink));
    return graph.node("/model/embed_tokens/Gather", "Gather").inputs(TABLE, ids).output();
  }

  @Override
  public String embedShared(WeightMatrix table, String ids) throws IOException {
    return embed(table, ids);
  }

  /** FusedMatMul, since a Transpose of the table would be folded into a second copy of it. */
  @Override
  public void sharedHead(String input, String output) {
    graph
        .node(HEAD, "FusedMatMul")
        .microsoft()
        .inputs(input, TABLE)
        .attribute("transB", 1)
        .outputs(output);
  }

  @Override
  public void multiply(String node, WeightMatrix matrix, String input, String output)
      throws IOException {
    graph.node(node, "MatMul").inputs(input, store(node, matrix)).outputs(output);
  }

  /** Stores the matrix of a node as MatMul takes it, [columns, rows]; gives its name. */
  String store(String node, WeightMatrix matrix) throws IOException {
    return graph.initializer(
        LinearLayers.initializerName(node, "weight"),
        DataType.FLOAT,
        List.of((long) matrix.columns(), (long) matrix.rows()),
        new TransposedPayload(
            matrix, Float.BYTES, (target, at, row, value) -> target.putFloat(at, value)));
  }

  private static void writeRows(WeightMatrix table, ExternalDataFile.Sink sink) throws IOException {
    float[] values = new float[table.columns()];
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int row = 0; row < table.rows(); row++) {
      table.row(row, values);
      bytes.clear().asFloatBuffer().put(values);
      sink.write(bytes);
    }
  }
}
