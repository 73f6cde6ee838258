package org.pocketdistill.pipeline.onnx;

import java.util.List;

/** Products of rounded activations with int8 matrices, as nodes. */
interface Int8Product {
  /** Shape that the zero points of a matrix must have. */
  List<Long> zeroPointShape(int rows);

  /**
   * Adds a product.
   *
   * @param node name of the node
   * @param weight [columns, rows]
   * @param input name of the activation [batch, sequence, columns]
   * @param output name of the product [batch, sequence, rows]
   */
  void add(String node, Int8Weight weight, String input, String output);
}
