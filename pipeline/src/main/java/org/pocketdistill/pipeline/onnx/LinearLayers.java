package org.pocketdistill.pipeline.onnx;

import java.io.IOException;
import java.util.List;

/** The matrices of a decoder as nodes, in one precision. */
sealed interface LinearLayers
    permits FloatLinearLayers,
        HalfLinearLayers,
        PlainFloatLayers,
        Int8LinearLayers,
        BlockLinearLayers,
        AdaptedLinearLayers {
  /** Node of the head's product. */
  String HEAD = "/lm_head/MatMul";

  /**
   * Looks tokens up.
   *
   * @param table [vocabulary, hidden]
   * @param ids name of the token ids [batch, sequence]
   * @return name of the vectors [batch, sequence, hidden]
   */
  String embed(WeightMatrix table, String ids) throws IOException;

  /**
   * Looks tokens up in a table that {@link #sharedHead} multiplies with: stored once.
   *
   * @see #embed
   */
  String embedShared(WeightMatrix table, String ids) throws IOException;

  /** Multiplies [batch, sequence, hidden] with the table of {@link #embedShared}. */
  void sharedHead(String input, String output) throws IOException;

  /**
   * Multiplies [batch, sequence, columns] with a matrix.
   *
   * @param node name of the node, which the weight is named after
   * @return name of the product [batch, sequence, rows]
   */
  default String multiply(String node, WeightMatrix matrix, String input) throws IOException {
    String output = node + "/output_0";
    multiply(node, matrix, input, output);
    return output;
  }

  /** Multiplies, the product being called {@code output}. */
  void multiply(String node, WeightMatrix matrix, String input, String output) throws IOException;

  /**
   * Looks tokens up in a matrix [hidden, vocabulary] that is stored for the head: once for both.
   *
   * @return name of the columns [batch, sequence, hidden]
   */
  static String gatherColumns(OnnxGraph graph, String matrix, String ids) {
    String columns =
        graph
            .node("/model/embed_tokens/Gather", "Gather")
            .inputs(matrix, ids)
            .attribute("axis", 1)
            .output();
    return graph
        .node("/model/embed_tokens/Transpose", "Transpose")
        .inputs(columns)
        .attribute("perm", List.of(1L, 2L, 0L))
        .output();
  }

  /** Name of a tensor of a node: "/a/b/MatMul" has "a.b.MatMul.weight". */
  static String initializerName(String node, String tensor) {
    return node.substring(1).replace('/', '.') + "." + tensor;
  }
}
