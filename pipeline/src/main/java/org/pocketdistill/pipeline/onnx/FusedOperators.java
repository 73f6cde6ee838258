package org.pocketdistill.pipeline.onnx;

import java.io.IOException;
import org.pocketdistill.pipeline.model.ModelConfig;

/**
 * Operators of ONNX Runtime's own, named and ordered as ONNX Runtime GenAI's model builder does for
 * CPUs: fused attention with rotary embedding, fused residual sums, packed q, k and v.
 */
final class FusedOperators implements DecoderOperators {
  private final OnnxGraph graph;
  private final ModelConfig config;
  private final AttentionNodes attention;

  FusedOperators(OnnxGraph graph, ModelConfig config, ModelWeights weights, LinearLayers linear) {
    this.graph = graph;
    this.config = config;
    this.attention = new AttentionNodes(graph, config, weights, linear);
  }

  @Override
  public void declareValues() {
    int headSize = new HeadLayout(config.headDim()).paddedSize();
    ValueShapes.free(headSize).declare(graph, config, false);
  }

  @Override
  public void addShared(int contextLength) throws IOException {
    attention.addShared("attention_mask", contextLength);
  }

  @Override
  public String attention(int layer, String input) throws IOException {
    return attention.add(layer, input);
  }

  @Override
  public Residual addAndNorm(String prefix, float[] weight, Residual residual) throws IOException {
    String weightName = LinearLayers.initializerName(prefix, "weight");
    graph.initializer(weightName, weight, weight.length);
    if (residual.addend().isEmpty()) {
      String normed =
          graph
              .node(prefix + "/LayerNorm", "SimplifiedLayerNormalization")
              .inputs(residual.stream(), weightName)
              .attribute("epsilon", config.rmsNormEps())
              .attribute("axis", -1)
              .attribute("stash_type", 1)
              .output();
      return new Residual(residual.stream(), normed);
    }
    String node = prefix + "/SkipLayerNorm";
    Residual result = new Residual(node + "/output_3", node + "/output_0");
    graph
        .node(node, "SkipSimplifiedLayerNormalization")
        .microsoft()
        .inputs(residual.stream(), residual.addend(), weightName)
        .attribute("epsilon", config.rmsNormEps())
        .outputs(result.addend(), "", "", result.stream());
    return result;
  }
}
