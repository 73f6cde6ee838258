package org.pocketdistill.pipeline.onnx;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.io.IOException;
import java.util.List;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.RotaryTables;

/** The attention of a decoder's layers: packed projections, norms of heads, cache, output. */
final class AttentionNodes {
  private final OnnxGraph graph;
  private final ModelConfig config;
  private final ModelWeights weights;
  private final LinearLayers linear;
  private final HeadLayout heads;
  private final int queryWidth;
  private final int keyWidth;
  private String lastPositions = "";
  private String totalLength = "";
  private String attentionBias = "";

  AttentionNodes(OnnxGraph graph, ModelConfig config, ModelWeights weights, LinearLayers linear) {
    this.graph = graph;
    this.config = config;
    this.weights = weights;
    this.linear = linear;
    this.heads = new HeadLayout(config.headDim());
    this.queryWidth = config.numAttentionHeads() * heads.paddedSize();
    this.keyWidth = config.numKeyValueHeads() * heads.paddedSize();
  }

  /** Adds what all layers share: rotary tables and the lengths of the rows. */
  void addShared(String attentionMask, int contextLength) throws IOException {
    RotaryTables rotary = new RotaryTables(config);
    addTable("cos_cache", rotary.halfCosines(contextLength), contextLength);
    addTable("sin_cache", rotary.halfSines(contextLength), contextLength);
    String prefix = "/model/attn_mask_reformat/attn_mask_subgraph";
    String lengths =
        graph
            .node(prefix + "/ReduceSum", "ReduceSum")
            .inputs(attentionMask, graph.longs(1L))
            .attribute("keepdims", 0)
            .output();
    String last = graph.node(prefix + "/Sub", "Sub").inputs(lengths, graph.longs(1L)).output();
    lastPositions =
        graph.node(prefix + "/Sub/Cast", "Cast").inputs(last).to(DataType.INT32).output();
    String shape = graph.node(prefix + "/Shape", "Shape").inputs(attentionMask).output();
    String total =
        graph
            .node(prefix + "/Gather", "Gather")
            .inputs(shape, graph.index(1))
            .attribute("axis", 0)
            .output();
    totalLength =
        graph.node(prefix + "/Gather/Cast", "Cast").inputs(total).to(DataType.INT32).output();
    int window = config.slidingWindow().orElse(contextLength);
    if (window < contextLength) {
      attentionBias = new SlidingWindowNodes(graph, window).add(lengths, total);
    }
  }

  private void addTable(String name, float[] half, int positions) throws IOException {
    int width = heads.paddedSize() / 2;
    int used = config.headDim() / 2;
    float[] table = new float[positions * width];
    for (int position = 0; position < positions; position++) {
      System.arraycopy(half, position * used, table, position * width, used);
    }
    graph.initializer(name, table, positions, width);
  }

  /** Adds the attention of a layer; gives the name of what it adds to the residual stream. */
  String add(int layer, String input) throws IOException {
    String prefix = "/model/layers." + layer + "/attn";
    String packed = packedProjection(layer, prefix, input);
    String[] qkv = {packed, "", ""};
    if (config.qkNorm()) {
      qkv = normalizedHeads(layer, prefix, packed);
    }
    String attended = prefix + "/GroupQueryAttention/output_0";
    graph
        .node(prefix + "/GroupQueryAttention", "GroupQueryAttention")
        .microsoft()
        .inputs(
            qkv[0],
            qkv[1],
            qkv[2],
            KvNames.pastKey(layer),
            KvNames.pastValue(layer),
            lastPositions,
            totalLength,
            "cos_cache",
            "sin_cache",
            "",
            attentionBias)
        .attribute("num_heads", config.numAttentionHeads())
        .attribute("kv_num_heads", config.numKeyValueHeads())
        .attribute("scale", 1 / Math.sqrt(config.headDim()))
        .attribute("local_window_size", -1)
        .attribute("softcap", 0.0)
        .attribute("do_rotary", 1)
        .attribute("rotary_interleaved", 0)
        .outputs(attended, KvNames.presentKey(layer), KvNames.presentValue(layer));
    int width = config.numAttentionHeads() * config.headDim();
    WeightMatrix output =
        weights.matrix(module(layer, "o_proj") + ".weight", config.hiddenSize(), width);
    return linear.multiply(
        prefix + "/o_proj/MatMul", WeightMatrix.withPaddedInputs(output, heads), attended);
  }

  private String packedProjection(int layer, String prefix, String input) throws IOException {
    int queries = config.numAttentionHeads() * config.headDim();
    int keys = config.numKeyValueHeads() * config.headDim();
    WeightMatrix packed =
        WeightMatrix.stacked(
            module(layer, "qkv_proj"),
            List.of(
                projection(layer, "q_proj", queries),
                projection(layer, "k_proj", keys),
                projection(layer, "v_proj", keys)));
    String product = linear.multiply(prefix + "/qkv_proj/MatMul", packed, input);
    if (!config.qkvBias()) {
      return product;
    }
    float[] bias = new float[queryWidth + 2 * keyWidth];
    copy(heads.pad(weights.vector(module(layer, "q_proj") + ".bias", queries)), bias, 0);
    copy(heads.pad(weights.vector(module(layer, "k_proj") + ".bias", keys)), bias, queryWidth);
    int values = queryWidth + keyWidth;
    copy(heads.pad(weights.vector(module(layer, "v_proj") + ".bias", keys)), bias, values);
    String name = LinearLayers.initializerName(prefix + "/qkv_proj/Add", "bias");
    graph.initializer(name, bias, bias.length);
    return graph.node(prefix + "/qkv_proj/Add", "Add").inputs(product, name).output();
  }

  private static void copy(float[] part, float[] whole, int start) {
    System.arraycopy(part, 0, whole, start, part.length);
  }

  private WeightMatrix projection(int layer, String name, int rows) {
    return WeightMatrix.withPaddedOutputs(
        weights.matrix(module(layer, name) + ".weight", rows, config.hiddenSize()), heads);
  }

  private String[] normalizedHeads(int layer, String prefix, String packed) throws IOException {
    String split = prefix + "/qkv_proj/Split";
    String[] parts = {split + "/output_0", split + "/output_1", split + "/output_2"};
    graph
        .node(split, "Split")
        .inputs(packed, graph.longs(queryWidth, keyWidth, keyWidth))
        .attribute("axis", -1)
        .outputs(parts);
    parts[0] = normalized(layer, "q_norm", parts[0], queryWidth);
    parts[1] = normalized(layer, "k_norm", parts[1], keyWidth);
    return parts;
  }

  /**
   * RMSNorm over each head. The operator takes the mean over the widened head; with d of p elements
   * used, weights times √(d/p) and epsilon times d/p give the mean over the used ones.
   */
  private String normalized(int layer, String norm, String input, int width) throws IOException {
    String prefix = "/model/layers." + layer + "/attn/" + norm;
    double share = (double) config.headDim() / heads.paddedSize();
    float[] weight = heads.pad(weights.vector(module(layer, norm) + ".weight", config.headDim()));
    for (int i = 0; i < weight.length; i++) {
      weight[i] = (float) (weight[i] * Math.sqrt(share));
    }
    String name = "model.layers." + layer + ".attn." + norm + ".layernorm.weight";
    graph.initializer(name, weight, weight.length);
    String perHead =
        graph
            .node(prefix + "/Reshape_1", "Reshape")
            .inputs(input, graph.longs(0, -1, heads.paddedSize()))
            .output();
    String normalized =
        graph
            .node(prefix + "/SimplifiedLayerNormalization", "SimplifiedLayerNormalization")
            .inputs(perHead, name)
            .attribute("epsilon", config.rmsNormEps() * share)
            .attribute("axis", -1)
            .attribute("stash_type", 1)
            .output();
    return graph
        .node(prefix + "/Reshape_2", "Reshape")
        .inputs(normalized, graph.longs(0, -1, width))
        .output();
  }

  private static String module(int layer, String name) {
    return "model.layers." + layer + ".self_attn." + name;
  }
}
