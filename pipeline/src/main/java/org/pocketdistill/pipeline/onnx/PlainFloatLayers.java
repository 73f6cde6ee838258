package org.pocketdistill.pipeline.onnx;

import java.io.IOException;

/** Matrices in fp32, of standard operators. */
record PlainFloatLayers(OnnxGraph graph, FloatLinearLayers layers) implements LinearLayers {
  PlainFloatLayers(OnnxGraph graph) {
    this(graph, new FloatLinearLayers(graph));
  }

  @Override
  public String embed(WeightMatrix table, String ids) throws IOException {
    return layers.embed(table, ids);
  }

  @Override
  public String embedShared(WeightMatrix table, String ids) throws IOException {
    return LinearLayers.gatherColumns(graph, layers.store(HEAD, table), ids);
  }

  @Override
  public void sharedHead(String input, String output) {
    graph
        .node(HEAD, "MatMul")
        .inputs(input, LinearLayers.initializerName(HEAD, "weight"))
        .outputs(output);
  }

  @Override
  public void multiply(String node, WeightMatrix matrix, String input, String output)
      throws IOException {
    layers.multiply(node, matrix, input, output);
  }
}
