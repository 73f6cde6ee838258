package org.pocketdistill.pipeline.onnx;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.pocketdistill.pipeline.config.Int4Config;
import org.pocketdistill.pipeline.quantize.BlockFormat;
import org.pocketdistill.pipeline.quantize.BlockQuantizer;
import org.pocketdistill.pipeline.quantize.BlockScales;
import org.pocketdistill.pipeline.quantize.RoundToNearest;
import org.pocketdistill.pipeline.quantize.ZeroPoints;

/**
 * Matrices in blocks of 4 bits for MatMulNBits, embedding and head in 8 or 4 bits.
 *
 * <p>Embedding and head have no zero points: of two to a byte ONNX Runtime 1.26 takes those of an
 * odd number of blocks from the wrong places in GatherBlockQuantized. The operator takes unsigned
 * bytes since 1.23.
 */
final class BlockLinearLayers implements LinearLayers {
  private static final String EMBED = "/model/embed_tokens";
  private static final String TABLE = "model.embed_tokens.weight";

  private final OnnxGraph graph;
  private final ProjectionRounding projections;
  private final BlockQuantizer tables;
  private final int accuracyLevel;
  private Weight sharedTable;

  /** A stored matrix: its shape and the names of its tensors; no name for no zero points. */
  private record Weight(
      BlockFormat format, int rows, int columns, String codes, String scales, String zeroPoints) {}

  /**
   * Nodes of a graph.
   *
   * @param projections rounds the matrices of the layers
   */
  BlockLinearLayers(OnnxGraph graph, Int4Config int4, ProjectionRounding projections) {
    this.graph = graph;
    this.projections = projections;
    this.tables = new RoundToNearest(new BlockFormat(int4.headBits(), int4.blockSize()), true);
    this.accuracyLevel = int4.accuracyLevel();
  }

  @Override
  public String embed(WeightMatrix table, String ids) throws IOException {
    Weight weight = store(TABLE, table, tables, rowShape(table));
    return lookUp(weight, weight.codes(), ids);
  }

  @Override
  public String embedShared(WeightMatrix table, String ids) throws IOException {
    sharedTable =
        store(
            LinearLayers.initializerName(HEAD, "weight"), table, tables, blockShape(table, tables));
    // Not by Reshape, which is folded into a second copy in memory.
    String rows =
        graph.sharedInitializer(
            sharedTable.codes() + "_rows", sharedTable.codes(), rowShape(table));
    return lookUp(sharedTable, rows, ids);
  }

  /** Codes of a row one after the other, as GatherBlockQuantized takes them. */
  private List<Long> rowShape(WeightMatrix table) {
    BlockFormat format = tables.format();
    long blocks = format.blocks(table.columns());
    return List.of((long) table.rows(), blocks * format.blockBytes());
  }

  /** Codes by blocks, as MatMulNBits takes them. */
  private static List<Long> blockShape(WeightMatrix matrix, BlockQuantizer quantizer) {
    BlockFormat format = quantizer.format();
    return List.of(
        (long) matrix.rows(), (long) format.blocks(matrix.columns()), (long) format.blockBytes());
  }

  private String lookUp(Weight weight, String codes, String ids) {
    String vectors =
        graph
            .node(EMBED + "/GatherBlockQuantized", "GatherBlockQuantized")
            .microsoft()
            .inputs(codes, ids, weight.scales())
            .attribute("bits", weight.format().bits())
            .attribute("block_size", weight.format().blockSize())
            .attribute("gather_axis", 0)
            .attribute("quantize_axis", 1)
            .output();
    if (weight.columns() % weight.format().blockSize() == 0) {
      return vectors;
    }
    return graph
        .node(EMBED + "/Slice", "Slice")
        .inputs(vectors, graph.longs(0), graph.longs(weight.columns()), graph.longs(-1))
        .output();
  }

  @Override
  public void sharedHead(String input, String output) {
    multiply(HEAD, sharedTable, input, output);
  }

  @Override
  public void multiply(String node, WeightMatrix matrix, String input, String output)
      throws IOException {
    BlockQuantizer quantizer = node.equals(HEAD) ? tables : projections.of(matrix);
    String name = LinearLayers.initializerName(node, "weight");
    Weight weight = store(name, matrix, quantizer, blockShape(matrix, quantizer));
    multiply(node, weight, input, output);
  }

  private void multiply(String node, Weight weight, String input, String output) {
    OnnxNode product =
        graph
            .node(node + "_Q" + weight.format().bits(), "MatMulNBits")
            .microsoft()
            .inputs(input, weight.codes(), weight.scales(), weight.zeroPoints())
            .attribute("K", weight.columns())
            .attribute("N", weight.rows())
            .attribute("bits", weight.format().bits())
            .attribute("block_size", weight.format().blockSize());
    if (accuracyLevel > 0) {
      product.attribute("accuracy_level", accuracyLevel);
    }
    product.outputs(output);
  }

  private Weight store(String name, WeightMatrix matrix, BlockQuantizer quantizer, List<Long> shape)
      throws IOException {
    BlockFormat format = quantizer.format();
    String codes = name + "_Q" + format.bits();
    long blocks = format.blocks(matrix.columns());
    BlockScales[] found = new BlockScales[1]; // known when the last code is written
    graph.initializer(
        codes,
        DataType.UINT8,
        shape,
        sink -> found[0] = quantizer.quantize(matrix, row -> sink.write(ByteBuffer.wrap(row))));
    String scales = name + "_scales";
    graph.initializer(scales, found[0].scales(), matrix.rows(), blocks);
    String zeros = storeZeroPoints(name + "_zero_points", found[0].zeroPoints(), matrix.rows());
    return new Weight(format, matrix.rows(), matrix.columns(), codes, scales, zeros);
  }

  private String storeZeroPoints(String name, ZeroPoints zeros, int rows) throws IOException {
    if (zeros instanceof ZeroPoints.Fractional numbers) {
      return graph.initializer(name, numbers.values(), rows, numbers.values().length / rows);
    }
    if (zeros instanceof ZeroPoints.Packed packed) {
      return graph.initializer(name, packed.bytes(), rows);
    }
    return "";
  }
}
