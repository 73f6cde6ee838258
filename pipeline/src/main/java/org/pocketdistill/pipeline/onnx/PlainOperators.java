package org.pocketdistill.pipeline.onnx;

import java.io.IOException;
import java.util.Optional;
import org.pocketdistill.pipeline.config.StaticShapes;
import org.pocketdistill.pipeline.model.ModelConfig;

/** Standard operators only, for runtimes and converters that know no others. */
final class PlainOperators implements DecoderOperators {
  private final OnnxGraph graph;
  private final ModelConfig config;
  private final Optional<StaticShapes> shapes;
  private final int contextLength;
  private final RmsNormNodes norm;
  private final PlainAttentionNodes attention;

  PlainOperators(
      OnnxGraph graph,
      ModelConfig config,
      ModelWeights weights,
      LinearLayers linear,
      Optional<StaticShapes> shapes,
      int contextLength) {
    this.graph = graph;
    this.config = config;
    this.shapes = shapes;
    this.contextLength = contextLength;
    this.norm = new RmsNormNodes(graph, config.rmsNormEps());
    this.attention = new PlainAttentionNodes(graph, config, weights, linear);
  }

  @Override
  public void declareValues() {
    shapes
        .map(fixed -> ValueShapes.fixed(fixed, contextLength, config.headDim()))
        .orElseGet(() -> ValueShapes.free(config.headDim()))
        .declare(graph, config, true);
  }

  @Override
  public void addShared(int contextLength) throws IOException {
    int window = config.slidingWindow().orElse(contextLength);
    attention.addShared(
        new RotaryNodes(graph, config).add(contextLength),
        new AttentionMaskNodes(graph, shapes, contextLength).add(window, config.queriesPerKey()));
  }

  @Override
  public String attention(int layer, String input) throws IOException {
    return attention.add(layer, input);
  }

  @Override
  public Residual addAndNorm(String prefix, float[] weight, Residual residual) throws IOException {
    String sum = residual.stream();
    if (!residual.addend().isEmpty()) {
      sum = graph.node(prefix + "/residual/Add", "Add").inputs(sum, residual.addend()).output();
    }
    String weightName = LinearLayers.initializerName(prefix, "weight");
    return new Residual(sum, norm.add(prefix, weightName, weight, sum));
  }
}
