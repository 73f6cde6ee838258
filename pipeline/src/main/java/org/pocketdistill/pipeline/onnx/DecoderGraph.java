package org.pocketdistill.pipeline.onnx;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.io.IOException;
import org.pocketdistill.pipeline.model.ModelConfig;

/**
 * The nodes of a decoder with KV cache, named and ordered as ONNX Runtime GenAI's model builder
 * does for CPUs: fused attention with rotary embedding, fused residual sums, packed q, k and v.
 */
final class DecoderGraph {
  private final OnnxGraph graph;
  private final ModelConfig config;
  private final ModelWeights weights;
  private final LinearLayers linear;
  private final AttentionNodes attention;

  /** Names of the residual stream and of what is to be added to it next. */
  private record Residual(String stream, String addend) {}

  DecoderGraph(OnnxGraph graph, ModelConfig config, ModelWeights weights, LinearLayers linear) {
    this.graph = graph;
    this.config = config;
    this.weights = weights;
    this.linear = linear;
    this.attention = new AttentionNodes(graph, config, weights, linear);
  }

  /** Adds everything; rotary tables reach to {@code contextLength}. */
  void build(int contextLength) throws IOException {
    declareValues();
    attention.addShared("attention_mask", contextLength);
    boolean tied = config.tieWordEmbeddings();
    WeightMatrix table = tokenMatrix("model.embed_tokens.weight");
    String embedded =
        tied ? linear.embedShared(table, "input_ids") : linear.embed(table, "input_ids");
    Residual residual = new Residual(embedded, "");
    for (int layer = 0; layer < config.numHiddenLayers(); layer++) {
      residual = layer(layer, residual);
    }
    String prefix = "/model/layers." + config.numHiddenLayers() + "/final_norm_layernorm";
    float[] weight = weights.vector("model.norm.weight", config.hiddenSize());
    String normalized = addAndNorm(prefix, weight, residual).addend();
    if (tied) {
      linear.sharedHead(normalized, "logits");
    } else {
      linear.multiply("/lm_head/MatMul", tokenMatrix("lm_head.weight"), normalized, "logits");
    }
    weights.checkAllUsed(tied);
  }

  private WeightMatrix tokenMatrix(String name) {
    return weights.matrix(name, config.vocabSize(), config.hiddenSize());
  }

  private void declareValues() {
    int layers = config.numHiddenLayers();
    String batch = "batch_size";
    graph.input("input_ids", DataType.INT64, batch, "sequence_length");
    graph.input("attention_mask", DataType.INT64, batch, "total_sequence_length");
    graph.output("logits", DataType.FLOAT, batch, "sequence_length", (long) config.vocabSize());
    Long headCount = (long) config.numKeyValueHeads();
    Long headSize = (long) new HeadLayout(config.headDim()).paddedSize();
    for (boolean key : new boolean[] {true, false}) {
      for (int i = 0; i < layers; i++) {
        String past = key ? KvNames.pastKey(i) : KvNames.pastValue(i);
        String present = key ? KvNames.presentKey(i) : KvNames.presentValue(i);
        graph.input(past, DataType.FLOAT, batch, headCount, "past_sequence_length", headSize);
        graph.output(present, DataType.FLOAT, batch, headCount, "total_sequence_length", headSize);
      }
    }
  }

  private Residual layer(int layer, Residual residual) throws IOException {
    String name = "model.layers." + layer;
    float[] first = weights.vector(name + ".input_layernorm.weight", config.hiddenSize());
    Residual normed = addAndNorm("/" + name + "/input_layernorm", first, residual);
    String attended = attention.add(layer, normed.addend());
    float[] second = weights.vector(name + ".post_attention_layernorm.weight", config.hiddenSize());
    normed =
        addAndNorm(
            "/" + name + "/post_attention_layernorm",
            second,
            new Residual(normed.stream(), attended));
    return new Residual(normed.stream(), mlp(layer, normed.addend()));
  }

  /** Adds the addend to the stream; gives the sum as stream and its RMSNorm as addend. */
  private Residual addAndNorm(String prefix, float[] weight, Residual residual) throws IOException {
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

  /** down(silu(gate(x)) · up(x)). */
  private String mlp(int layer, String input) throws IOException {
    String prefix = "/model/layers." + layer + "/mlp";
    String name = "model.layers." + layer + ".mlp.";
    int hidden = config.hiddenSize();
    int inner = config.intermediateSize();
    String gate =
        linear.multiply(
            prefix + "/gate_proj/MatMul",
            weights.matrix(name + "gate_proj.weight", inner, hidden),
            input);
    String up =
        linear.multiply(
            prefix + "/up_proj/MatMul",
            weights.matrix(name + "up_proj.weight", inner, hidden),
            input);
    String sigmoid = graph.node(prefix + "/act_fn/Sigmoid", "Sigmoid").inputs(gate).output();
    String silu = graph.node(prefix + "/act_fn/Mul", "Mul").inputs(gate, sigmoid).output();
    String product = graph.node(prefix + "/Mul", "Mul").inputs(silu, up).output();
    return linear.multiply(
        prefix + "/down_proj/MatMul",
        weights.matrix(name + "down_proj.weight", hidden, inner),
        product);
  }
}
