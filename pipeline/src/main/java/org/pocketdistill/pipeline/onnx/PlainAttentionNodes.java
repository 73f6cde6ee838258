package org.pocketdistill.pipeline.onnx;

import java.io.IOException;
import java.util.List;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.onnx.RotaryNodes.Angles;

/**
 * Attention with grouped keys of standard operators. The query heads that share a key head stand
 * under each other as rows of one matrix, so that keys and values are read as the cache has them
 * and never repeated:
 *
 * <pre>
 * q [batch, key heads, group × sequence, head size]
 * softmax(q kᵀ / √head size + bias) v
 * </pre>
 */
final class PlainAttentionNodes {
  private static final List<Long> SWAP_SEQUENCE_AND_HEADS = List.of(0L, 2L, 1L, 3L);
  private static final List<Long> SWAP_LAST_TWO = List.of(0L, 1L, 3L, 2L);

  private final OnnxGraph graph;
  private final ModelConfig config;
  private final ModelWeights weights;
  private final LinearLayers linear;
  private final RotaryNodes rotary;
  private final RmsNormNodes norm;
  private RotaryNodes.Shared angles;
  private String bias;

  PlainAttentionNodes(
      OnnxGraph graph, ModelConfig config, ModelWeights weights, LinearLayers linear) {
    this.graph = graph;
    this.config = config;
    this.weights = weights;
    this.linear = linear;
    this.rotary = new RotaryNodes(graph, config);
    this.norm = new RmsNormNodes(graph, config.rmsNormEps());
  }

  /** Sets what all layers share: angles, and the bias [batch, 1, group × sequence, total]. */
  void addShared(RotaryNodes.Shared angles, String bias) {
    this.angles = angles;
    this.bias = bias;
  }

  /** Adds the attention of a layer; gives the name of what it adds to the residual stream. */
  String add(int layer, String input) throws IOException {
    String prefix = "/model/layers." + layer + "/attn";
    int keyHeads = config.numKeyValueHeads();
    String query = turned(layer, "q", config.numAttentionHeads(), input, angles.scaled());
    String key = turned(layer, "k", keyHeads, input, angles.plain());
    String value = transposed(prefix + "/v", heads(layer, "v_proj", keyHeads, input));
    String keys = joined(prefix + "/k", KvNames.pastKey(layer), key, KvNames.presentKey(layer));
    String values =
        joined(prefix + "/v", KvNames.pastValue(layer), value, KvNames.presentValue(layer));
    String attended = attended(prefix, query, keys, values);
    int width = config.numAttentionHeads() * config.headDim();
    return linear.multiply(
        prefix + "/o_proj/MatMul",
        weights.matrix(module(layer, "o_proj") + ".weight", config.hiddenSize(), width),
        attended);
  }

  private String attended(String prefix, String query, String keys, String values) {
    String grouped = reshaped(prefix + "/group", query, config.numKeyValueHeads());
    String across =
        graph
            .node(prefix + "/scores/Transpose", "Transpose")
            .inputs(keys)
            .attribute("perm", SWAP_LAST_TWO)
            .output();
    String scores =
        graph.node(prefix + "/scores/MatMul", "MatMul").inputs(grouped, across).output();
    String biased = graph.node(prefix + "/scores/Add", "Add").inputs(scores, bias).output();
    String shares =
        graph.node(prefix + "/Softmax", "Softmax").inputs(biased).attribute("axis", -1).output();
    String mixed = graph.node(prefix + "/MatMul", "MatMul").inputs(shares, values).output();
    String single = reshaped(prefix + "/ungroup", mixed, config.numAttentionHeads());
    long width = (long) config.numAttentionHeads() * config.headDim();
    return graph
        .node(prefix + "/Reshape", "Reshape")
        .inputs(transposed(prefix, single), graph.longs(0, 0, width))
        .output();
  }

  /** Heads of another number, with as many rows as that leaves each. */
  private String reshaped(String prefix, String heads, int count) {
    if (config.queriesPerKey() == 1) {
      return heads;
    }
    return graph
        .node(prefix + "/Reshape", "Reshape")
        .inputs(heads, graph.longs(0, count, -1, config.headDim()))
        .output();
  }

  /** Projected, normalised where the model does, turned; [batch, heads, sequence, head size]. */
  private String turned(int layer, String name, int count, String input, Angles angles)
      throws IOException {
    String prefix = "/model/layers." + layer + "/attn/" + name;
    String heads = heads(layer, name + "_proj", count, input);
    if (config.qkNorm()) {
      String weight = module(layer, name + "_norm") + ".weight";
      String stored = "model.layers." + layer + ".attn." + name + "_norm.layernorm.weight";
      heads = norm.add(prefix + "_norm", stored, weights.vector(weight, config.headDim()), heads);
    }
    return rotary.turn(prefix + "_rotary", transposed(prefix, heads), angles);
  }

  /** A projection, [batch, sequence, heads, head size]. */
  private String heads(int layer, String name, int count, String input) throws IOException {
    String prefix = "/model/layers." + layer + "/attn/" + name;
    int width = count * config.headDim();
    WeightMatrix matrix =
        weights.matrix(module(layer, name) + ".weight", width, config.hiddenSize());
    String product = linear.multiply(prefix + "/MatMul", matrix, input);
    if (config.qkvBias()) {
      float[] values = weights.vector(module(layer, name) + ".bias", width);
      String stored = LinearLayers.initializerName(prefix + "/Add", "bias");
      graph.initializer(stored, values, width);
      product = graph.node(prefix + "/Add", "Add").inputs(product, stored).output();
    }
    return graph
        .node(prefix + "/Reshape", "Reshape")
        .inputs(product, graph.longs(0, 0, count, config.headDim()))
        .output();
  }

  private String transposed(String prefix, String value) {
    return graph
        .node(prefix + "/Transpose", "Transpose")
        .inputs(value)
        .attribute("perm", SWAP_SEQUENCE_AND_HEADS)
        .output();
  }

  /** The cache with the new tokens at its end. */
  private String joined(String prefix, String past, String added, String present) {
    graph
        .node(prefix + "/Concat", "Concat")
        .inputs(past, added)
        .attribute("axis", 2)
        .outputs(present);
    return present;
  }

  private static String module(int layer, String name) {
    return "model.layers." + layer + ".self_attn." + name;
  }
}
