package org.pocketdistill.pipeline.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.pipeline.torch.Arguments;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.pipeline.torch.Kernels;
import org.pocketdistill.pipeline.torch.Torch;

/**
 * A decoder-only language model on libtorch: token ids in, hidden states and logits out, layer by
 * layer.
 *
 * <p>Owns its weights and kernels; close it. Whether calls record a graph is decided by the caller
 * (see {@code Gradients}). Not safe for use from several threads.
 */
public final class Decoder implements AutoCloseable {
  private final ModelConfig config;
  private final Weights weights;
  private final Kernels kernels;
  private final List<List<NDArray>> layers = new ArrayList<>();
  private final RotaryArrays rotary;
  private final LayerAdapters noAdapters;

  /**
   * A decoder over the weights, which it closes with itself.
   *
   * @param loraDropout dropout before the A of adapters, active while a graph is recorded
   */
  public Decoder(ModelConfig config, Weights weights, ComputeDtype dtype, double loraDropout) {
    this.config = config;
    this.weights = weights;
    this.kernels = DecoderKernels.load(config, dtype, loraDropout, weights.format());
    NDManager manager = weights.manager();
    for (int i = 0; i < config.numHiddenLayers(); i++) {
      layers.add(weights.layer(config, i));
    }
    this.rotary = new RotaryArrays(config, manager);
    List<NDArray> none = List.of(Torch.copyOf(manager, new float[0], new Shape(0)));
    this.noAdapters = layer -> none;
  }

  /** An untrained decoder. */
  public static Decoder random(ModelConfig config, long seed, ComputeDtype dtype) {
    return new Decoder(config, RandomWeights.draw(config, seed), dtype, 0);
  }

  /** Shape and options. */
  public ModelConfig config() {
    return config;
  }

  /** The weights, shared with this decoder. */
  public Weights weights() {
    return weights;
  }

  /** For calls without adapters. */
  public LayerAdapters noAdapters() {
    return noAdapters;
  }

  /** The tokens of a batch with the attention mask that keeps its documents apart. */
  public TokenBlock block(NDManager scope, Batch batch) {
    Shape shape = new Shape(batch.rows(), batch.length());
    try (NDArray documents = Torch.copyOf(scope, batch.documentIds(), shape)) {
      NDArray mask = kernels.call(scope, "document_mask", Arguments.of(documents));
      return block(scope, batch.inputIds(), batch.positionIds(), shape, mask);
    }
  }

  private TokenBlock block(
      NDManager scope, long[] ids, long[] positions, Shape shape, NDArray mask) {
    rotary.reach(Arrays.stream(positions).max().orElse(0));
    try (NDArray at = Torch.copyOf(scope, positions, shape)) {
      NDArray cos = kernels.call(scope, "rotary", Arguments.of(at, rotary.cosines()));
      NDArray sin = kernels.call(scope, "rotary", Arguments.of(at, rotary.sines()));
      return new TokenBlock(Torch.copyOf(scope, ids, shape), cos, sin, mask);
    }
  }

  /** Embedding of the tokens, [B, T, hidden]: the first hidden state. */
  public NDArray embed(NDManager scope, TokenBlock block) {
    NDArray table = weights.get(WeightLayout.EMBEDDING);
    return kernels.call(scope, "embed", Arguments.of(block.ids(), table));
  }

  /** The same with an adapter on the embedding, if there is one. */
  public NDArray embed(NDManager scope, TokenBlock block, LayerAdapters adapters) {
    List<NDArray> added = adapters.embedding();
    if (added.isEmpty()) {
      return embed(scope, block);
    }
    Arguments arguments = Arguments.of(block.ids(), weights.get(WeightLayout.EMBEDDING));
    added.forEach(arguments::tensor);
    return kernels.call(scope, "adapted_embed", arguments);
  }

  /** One layer: hidden state [B, T, hidden] in and out. */
  public NDArray layer(
      NDManager scope, int layer, NDArray hidden, TokenBlock block, LayerAdapters adapters) {
    Arguments arguments = inputs(layer, hidden, block, adapters).tensor(block.mask());
    return kernels.call(scope, "layer", arguments);
  }

  private Arguments inputs(int layer, NDArray hidden, TokenBlock block, LayerAdapters adapters) {
    return Arguments.of(hidden)
        .list(layers.get(layer))
        .list(adapters.of(layer))
        .tensor(block.cos())
        .tensor(block.sin());
  }

  /**
   * One layer, and how much its inner activations and itself do.
   *
   * @param real [B, T] 1 for a token, 0 for padding
   * @return hidden state [B, T, hidden]; Σ over rows of (mean |activation| of the row's tokens)² of
   *     the attention's input [hidden], of the output projection's input [heads · head_dim], of the
   *     MLP's input [hidden] and of the down projection's input [intermediate]; Σ over tokens of
   *     the cosine between the hidden state before and after []
   */
  public NDList observe(
      NDManager scope, int layer, NDArray hidden, TokenBlock block, NDArray real) {
    Arguments arguments =
        inputs(layer, hidden, block, noAdapters).tensor(block.mask()).tensor(real);
    return kernels.callAll(scope, "observe", arguments);
  }

  /** All layers: the last hidden state before the final norm, [B, T, hidden]. */
  public NDArray forward(NDManager scope, TokenBlock block, LayerAdapters adapters) {
    return forward(scope, block, adapters, Set.of()).last();
  }

  /**
   * All layers, keeping some hidden states.
   *
   * @param kept their numbers: 0 is the embedding, i the output of layer i − 1
   */
  public HiddenStates forward(
      NDManager scope, TokenBlock block, LayerAdapters adapters, Set<Integer> kept) {
    Map<Integer, NDArray> states = new HashMap<>();
    NDArray hidden = embed(scope, block, adapters);
    for (int i = 0; i < layers.size(); i++) {
      NDArray next = layer(scope, i, hidden, block, adapters);
      if (kept.contains(i)) {
        states.put(i, hidden);
      } else {
        hidden.close();
      }
      hidden = next;
    }
    if (kept.contains(layers.size())) {
      states.put(layers.size(), hidden);
    }
    return new HiddenStates(hidden, states);
  }

  /**
   * What attention compares in a layer.
   *
   * @param hidden [B, T, hidden] the layer's input
   * @return rotated queries, rotated keys, values, each [B, T, query heads · head_dim]; keys and
   *     values are repeated for the query heads that share them
   */
  public NDList attentionStates(
      NDManager scope, int layer, NDArray hidden, TokenBlock block, LayerAdapters adapters) {
    return kernels.callAll(scope, "attention_states", inputs(layer, hidden, block, adapters));
  }

  /**
   * The final norm of some rows of a last hidden state.
   *
   * @param rows [N] indexes into the B · T tokens
   * @return [N, hidden], in the type of matrix products
   */
  public NDArray headInput(NDManager scope, NDArray hidden, NDArray rows) {
    NDArray norm = weights.get(WeightLayout.FINAL_NORM);
    return kernels.call(scope, "head_input", Arguments.of(hidden, norm, rows));
  }

  /** Logits [N, vocabulary] of a head input [N, hidden]. */
  public NDArray logits(NDManager scope, NDArray headInput) {
    return kernels.call(scope, "logits", Arguments.of(headInput, weights.head()));
  }

  /**
   * Log-probabilities of targets and the most probable ids.
   *
   * @param targets [N] ids; negative ones give the value of id 0
   * @return [N] log-probabilities, [N, k] the k largest falling, [N, k] their ids
   */
  NDList score(NDManager scope, NDArray headInput, NDArray targets, int k) {
    try (NDArray count = scope.create((long) k)) {
      return kernels.callAll(
          scope, "score", Arguments.of(headInput, weights.head(), targets, count));
    }
  }

  /** An empty cache for sequences that {@link KvCache#extend} continues. */
  public KvCache newCache(int rows, int capacity) {
    return new KvCache(this, rows, capacity);
  }

  Kernels kernels() {
    return kernels;
  }

  List<NDArray> layerWeights(int layer) {
    return layers.get(layer);
  }

  TokenBlock cachedBlock(NDManager scope, CachedTokens tokens, NDArray first, NDArray end) {
    NDArray count = scope.create((long) tokens.count());
    NDArray mask = kernels.call(scope, "cache_mask", Arguments.of(first, end, count));
    Shape shape = new Shape(tokens.rows(), tokens.count());
    return block(scope, tokens.ids(), tokens.positions(), shape, mask);
  }

  @Override
  public void close() {
    kernels.close();
    weights.close();
  }

  /**
   * Hidden states of a forward pass, each [B, T, hidden].
   *
   * @param last before the final norm
   * @param kept those asked for, by number
   */
  public record HiddenStates(NDArray last, Map<Integer, NDArray> kept) {}

  /** New tokens for a cache, [rows × count]. */
  record CachedTokens(int rows, int count, long[] ids, long[] positions) {}
}
