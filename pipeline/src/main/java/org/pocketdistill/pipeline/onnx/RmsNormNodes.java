package org.pocketdistill.pipeline.onnx;

import java.io.IOException;

/**
 * RMSNorm over the last axis of standard operators, {@code x / √(mean(x²) + ε) · weight}, in the
 * order that ONNX Runtime and MNN each fuse into one operator of theirs.
 */
record RmsNormNodes(OnnxGraph graph, double epsilon) {
  /**
   * Adds the nodes.
   *
   * @param prefix of their names
   * @param weightName name of the tensor that holds the weight
   * @return name of the norm
   */
  String add(String prefix, String weightName, float[] weight, String input) throws IOException {
    graph.initializer(weightName, weight, weight.length);
    String square = graph.node(prefix + "/Pow", "Pow").inputs(input, graph.scalar(2f)).output();
    String mean = graph.reduceLast(prefix + "/ReduceMean", "ReduceMean", square);
    String above =
        graph.node(prefix + "/Add", "Add").inputs(mean, graph.scalar((float) epsilon)).output();
    String root = graph.node(prefix + "/Sqrt", "Sqrt").inputs(above).output();
    String unit = graph.node(prefix + "/Div", "Div").inputs(input, root).output();
    return graph.node(prefix + "/Mul", "Mul").inputs(unit, weightName).output();
  }
}
