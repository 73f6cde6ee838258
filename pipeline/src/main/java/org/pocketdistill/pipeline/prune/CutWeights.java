package org.pocketdistill.pipeline.prune;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.Selection;
import org.pocketdistill.pipeline.model.Weights;

/** The weights that a {@link Cut} leaves. */
public final class CutWeights {
  private static final String LAYERS = "model.layers.";

  private final Weights source;
  private final int headDim;
  private final Cut cut;

  private CutWeights(Weights source, int headDim, Cut cut) {
    this.source = source;
    this.headDim = headDim;
    this.cut = cut;
  }

  /**
   * Copies what stays.
   *
   * @param to the whole model's configuration with the sizes of the cut
   */
  public static Weights of(Weights source, ModelConfig to, Cut cut) {
    try (Selection selection = new Selection()) {
      CutWeights weights = new CutWeights(source, to.headDim(), cut);
      return Weights.fill(
          to,
          (owner, name, shape) -> {
            Part part = weights.part(name);
            return selection.of(owner, part.array, part.rows, part.columns);
          });
    }
  }

  private Part part(String name) {
    if (!name.startsWith(LAYERS)) {
      NDArray array = source.get(name);
      boolean vector = array.getShape().dimension() == 1;
      return vector
          ? new Part(array, cut.hidden(), Selection.ALL)
          : new Part(array, Selection.ALL, cut.hidden());
    }
    int dot = name.indexOf('.', LAYERS.length());
    int layer = Integer.parseInt(name.substring(LAYERS.length(), dot));
    String own = name.substring(dot + 1);
    NDArray array = source.get(LAYERS + cut.layers()[layer] + "." + own);
    int[] hidden = cut.hidden();
    int[] neurons = cut.neurons().get(layer);
    return switch (own) {
      case "input_layernorm.weight", "post_attention_layernorm.weight" ->
          new Part(array, hidden, Selection.ALL);
      case "self_attn.q_proj.weight" -> new Part(array, channels(queries(layer)), hidden);
      case "self_attn.k_proj.weight", "self_attn.v_proj.weight" ->
          new Part(array, channels(keys(layer)), hidden);
      case "self_attn.o_proj.weight" -> new Part(array, hidden, channels(queries(layer)));
      case "self_attn.q_proj.bias" -> new Part(array, channels(queries(layer)), Selection.ALL);
      case "self_attn.k_proj.bias", "self_attn.v_proj.bias" ->
          new Part(array, channels(keys(layer)), Selection.ALL);
      case "self_attn.q_norm.weight", "self_attn.k_norm.weight" ->
          new Part(array, Selection.ALL, Selection.ALL);
      case "mlp.gate_proj.weight", "mlp.up_proj.weight" -> new Part(array, neurons, hidden);
      case "mlp.down_proj.weight" -> new Part(array, hidden, neurons);
      default -> throw new IllegalStateException("no rule to cut " + name);
    };
  }

  private int[] queries(int layer) {
    return cut.queryHeads().get(layer);
  }

  private int[] keys(int layer) {
    return cut.keyValueHeads().get(layer);
  }

  /** The channels of some heads. */
  private int[] channels(int[] heads) {
    return Arrays.stream(heads)
        .flatMap(head -> IntStream.range(head * headDim, (head + 1) * headDim))
        .toArray();
  }

  private record Part(NDArray array, int[] rows, int[] columns) {}
}
