package org.pocketdistill.pipeline.model;

import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Names and shapes of a decoder's weights, as Hugging Face writes them. */
public final class WeightLayout {
  /** Name of the embedding table, [vocabulary, hidden]. */
  public static final String EMBEDDING = "model.embed_tokens.weight";

  /** Name of the norm before the head, [hidden]. */
  public static final String FINAL_NORM = "model.norm.weight";

  /** Name of the head, [vocabulary, hidden]; absent where the embedding serves as head. */
  public static final String HEAD = "lm_head.weight";

  private WeightLayout() {}

  /** All weights in file order. */
  public static Map<String, Shape> of(ModelConfig config) {
    Map<String, Shape> layout = new LinkedHashMap<>();
    layout.put(EMBEDDING, new Shape(config.vocabSize(), config.hiddenSize()));
    for (int i = 0; i < config.numHiddenLayers(); i++) {
      layout.putAll(layer(config, i));
    }
    layout.put(FINAL_NORM, new Shape(config.hiddenSize()));
    if (!config.tieWordEmbeddings()) {
      layout.put(HEAD, new Shape(config.vocabSize(), config.hiddenSize()));
    }
    return layout;
  }

  /** Weights of one layer, in the order in which the kernels take them. */
  static Map<String, Shape> layer(ModelConfig config, int layer) {
    String prefix = "model.layers." + layer + ".";
    Map<String, Shape> layout = new LinkedHashMap<>();
    layout.put(prefix + "input_layernorm.weight", new Shape(config.hiddenSize()));
    for (Projection projection : Projection.values()) {
      if (projection == Projection.GATE_PROJ) {
        layout.put(prefix + "post_attention_layernorm.weight", new Shape(config.hiddenSize()));
      }
      layout.put(
          prefix + projection.module() + ".weight",
          new Shape(projection.outputs(config), projection.inputs(config)));
    }
    if (config.qkvBias()) {
      for (Projection projection :
          List.of(Projection.Q_PROJ, Projection.K_PROJ, Projection.V_PROJ)) {
        layout.put(prefix + projection.module() + ".bias", new Shape(projection.outputs(config)));
      }
    }
    if (config.qkNorm()) {
      layout.put(prefix + "self_attn.q_norm.weight", new Shape(config.headDim()));
      layout.put(prefix + "self_attn.k_norm.weight", new Shape(config.headDim()));
    }
    return layout;
  }

  /** Names of one layer's weights, in the order in which the kernels take them. */
  static List<String> layerNames(ModelConfig config, int layer) {
    return new ArrayList<>(layer(config, layer).keySet());
  }

  /** Whether a weight is the matrix of a projection. */
  static boolean isProjection(String name) {
    return name.startsWith("model.layers.") && name.endsWith("_proj.weight");
  }

  /** Name of a projection's matrix in a layer. */
  public static String matrix(int layer, Projection projection) {
    return "model.layers." + layer + "." + projection.module() + ".weight";
  }
}
