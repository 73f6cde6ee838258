package org.pocketdistill.pipeline.onnx;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.safetensors.FloatCodec;

/**
 * Matrices in fp16, with a Cast behind each: ONNX Runtime widens them to fp32 as it loads them, and
 * computes as with fp32. Half the file; in memory they are fp32.
 *
 * @param plain whether products are of standard operators only
 */
record HalfLinearLayers(OnnxGraph graph, boolean plain) implements LinearLayers {
  private static final String TABLE = "model.embed_tokens.weight";
  private static final String CAST_TABLE = "/model/embed_tokens/weight/Cast";
  private static final String WIDE_TABLE = CAST_TABLE + "/output_0";
  private static final float LARGEST = 65504;

  /** A row is widened after it was looked up: the table stays narrow. */
  @Override
  public String embed(WeightMatrix table, String ids) throws IOException {
    storeTable(table);
    String rows = graph.node("/model/embed_tokens/Gather", "Gather").inputs(TABLE, ids).output();
    return graph.node("/model/embed_tokens/Cast", "Cast").inputs(rows).to(DataType.FLOAT).output();
  }

  /** Looks up in the widened table, which the head needs anyway: it is in memory once. */
  @Override
  public String embedShared(WeightMatrix table, String ids) throws IOException {
    if (plain) {
      return LinearLayers.gatherColumns(graph, widened(HEAD, table), ids);
    }
    storeTable(table);
    graph.node(CAST_TABLE, "Cast").inputs(TABLE).to(DataType.FLOAT).outputs(WIDE_TABLE);
    return graph.node("/model/embed_tokens/Gather", "Gather").inputs(WIDE_TABLE, ids).output();
  }

  /** FusedMatMul, since a Transpose of the table would be folded into a second copy of it. */
  @Override
  public void sharedHead(String input, String output) {
    if (plain) {
      graph.node(HEAD, "MatMul").inputs(input, wideName(HEAD)).outputs(output);
      return;
    }
    graph
        .node(HEAD, "FusedMatMul")
        .microsoft()
        .inputs(input, WIDE_TABLE)
        .attribute("transB", 1)
        .outputs(output);
  }

  @Override
  public void multiply(String node, WeightMatrix matrix, String input, String output)
      throws IOException {
    graph.node(node, "MatMul").inputs(input, widened(node, matrix)).outputs(output);
  }

  /** Stores the matrix of a node as MatMul takes it; gives the name of what it is widened to. */
  private String widened(String node, WeightMatrix matrix) throws IOException {
    String weight =
        graph.initializer(
            LinearLayers.initializerName(node, "weight"),
            DataType.FLOAT16,
            List.of((long) matrix.columns(), (long) matrix.rows()),
            new TransposedPayload(
                matrix,
                Short.BYTES,
                (target, at, row, value) -> target.putShort(at, half(matrix, row, value))));
    String wide = wideName(node);
    graph.node(node + "/weight/Cast", "Cast").inputs(weight).to(DataType.FLOAT).outputs(wide);
    return wide;
  }

  private static String wideName(String node) {
    return node + "/weight/Cast/output_0";
  }

  private void storeTable(WeightMatrix table) throws IOException {
    graph.initializer(
        TABLE,
        DataType.FLOAT16,
        List.of((long) table.rows(), (long) table.columns()),
        sink -> {
          float[] values = new float[table.columns()];
          ByteBuffer bytes =
              ByteBuffer.allocate(Short.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
          for (int row = 0; row < table.rows(); row++) {
            table.row(row, values);
            for (int column = 0; column < values.length; column++) {
              bytes.putShort(Short.BYTES * column, half(table, row, values[column]));
            }
            sink.write(bytes.clear());
          }
        });
  }

  private static short half(WeightMatrix matrix, int row, float value) {
    if (!(Math.abs(value) <= LARGEST)) {
      throw new DataException(
          "tensor '%s': row %d holds %s, expected numbers up to %s, the largest of fp16; take fp32 or int8"
              .formatted(matrix.name(), row, value, LARGEST));
    }
    return FloatCodec.floatToHalf(value);
  }
}
