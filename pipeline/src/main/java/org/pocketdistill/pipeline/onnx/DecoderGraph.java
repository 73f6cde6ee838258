package org.pocketdistill.pipeline.onnx;

import java.io.IOException;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.onnx.DecoderOperators.Residual;

/** The nodes of a decoder with KV cache, layer by layer, of whatever operators it is given. */
final class DecoderGraph {
  private final OnnxGraph graph;
  private final ModelConfig config;
  private final ModelWeights weights;
  private final LinearLayers linear;
  private final DecoderOperators operators;

  DecoderGraph(
      OnnxGraph graph,
      ModelConfig config,
      ModelWeights weights,
      LinearLayers linear,
      DecoderOperators operators) {
    this.graph = graph;
    this.config = config;
    this.weights = weights;
    this.linear = linear;
    this.operators = operators;
  }

  /** Adds everything; rotary tables reach to {@code contextLength}. */
  void build(int contextLength) throws IOException {
    operators.declareValues();
    operators.addShared(contextLength);
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
    String normalized = operators.addAndNorm(prefix, weight, residual).addend();
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

  private Residual layer(int layer, Residual residual) throws IOException {
    String name = "model.layers." + layer;
    float[] first = weights.vector(name + ".input_layernorm.weight", config.hiddenSize());
    Residual normed = operators.addAndNorm("/" + name + "/input_layernorm", first, residual);
    String attended = operators.attention(layer, normed.addend());
    float[] second = weights.vector(name + ".post_attention_layernorm.weight", config.hiddenSize());
    normed =
        operators.addAndNorm(
            "/" + name + "/post_attention_layernorm",
            second,
            new Residual(normed.stream(), attended));
    return new Residual(normed.stream(), mlp(layer, normed.addend()));
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
