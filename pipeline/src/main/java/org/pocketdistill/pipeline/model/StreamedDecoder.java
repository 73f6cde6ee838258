package org.pocketdistill.pipeline.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.torch.ArrayFiller;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/**
 * A decoder whose layers are never in memory together: each is read from the files, takes a large
 * block of tokens one step on, and goes. Embedding, final norm and head stay, and so do the hidden
 * states of the block.
 *
 * <p>It computes what a resident {@link Decoder} does, bit for bit. Close it.
 */
public final class StreamedDecoder implements AutoCloseable {
  /** Tokens of a block: reading a layer then costs little beside computing with it. */
  public static final int BLOCK_TOKENS = 1 << 15;

  private final ModelConfig config;
  private final TensorSource tensors;
  private final ComputeDtype dtype;
  private final Decoder ends;

  private StreamedDecoder(
      ModelConfig config, TensorSource tensors, ComputeDtype dtype, Decoder ends) {
    this.config = config;
    this.tensors = tensors;
    this.dtype = dtype;
    this.ends = ends;
  }

  /**
   * Opens a model; of its weights, only embedding, final norm and head are read.
   *
   * @param tokens ids that stay, as in {@link StoredModel#decoder(ComputeDtype, int[])}; empty for
   *     all
   * @throws DataException if a tensor is missing or has another shape than the configuration says
   */
  public static StreamedDecoder open(StoredModel model, ComputeDtype dtype, int[] tokens)
      throws IOException {
    ModelConfig config = model.config();
    TensorSource tensors = model.tensors();
    try (ArrayFiller filler = new ArrayFiller()) {
      WeightLayout.of(config).forEach((name, shape) -> check(tensors, name, shape));
      Weights weights = Weights.fill(config.withLayers(0), new RowLoader(filler, tensors)::load);
      if (tokens.length > 0) {
        weights.keepTokens(tokens);
      }
      int vocabSize = tokens.length > 0 ? tokens.length : config.vocabSize();
      ModelConfig outside = config.withLayers(0).withVocabSize(vocabSize);
      Decoder ends = new Decoder(outside, weights, dtype, 0);
      return new StreamedDecoder(config.withVocabSize(vocabSize), tensors, dtype, ends);
    } catch (RuntimeException e) {
      tensors.close();
      throw e;
    }
  }

  private static void check(TensorSource tensors, String name, Shape expected) {
    List<Long> wanted = Arrays.stream(expected.getShape()).boxed().toList();
    if (!tensors.names().contains(name)) {
      throw new DataException(
          "%s: tensor '%s' is missing, expected shape %s".formatted(tensors.path(), name, wanted));
    }
    if (!tensors.shape(name).equals(wanted)) {
      throw new DataException(
          "%s: tensor '%s': shape %s, expected %s by config.json"
              .formatted(tensors.path(), name, tensors.shape(name), wanted));
    }
  }

  /** Shape and options of the whole. */
  public ModelConfig config() {
    return config;
  }

  /** Embedding, final norm and head: a decoder without layers. */
  public Decoder ends() {
    return ends;
  }

  /**
   * The last hidden states before the final norm, each [B, T, hidden]; every layer is read once.
   *
   * @param scope owner of the states
   */
  public List<NDArray> forward(NDManager scope, List<Batch> batches) {
    try (NDManager passing = scope.newSubManager()) {
      List<TokenBlock> blocks = new ArrayList<>();
      List<NDArray> states = new ArrayList<>();
      for (Batch batch : batches) {
        blocks.add(ends.block(passing, batch));
        states.add(ends.embed(passing, blocks.get(blocks.size() - 1)));
      }
      for (int i = 0; i < config.numHiddenLayers(); i++) {
        try (Decoder layer = layer(i)) {
          for (int b = 0; b < states.size(); b++) {
            NDArray next =
                layer.layer(passing, 0, states.get(b), blocks.get(b), layer.noAdapters());
            states.get(b).close();
            states.set(b, next);
          }
        }
      }
      states.forEach(state -> state.attach(scope));
      return states;
    }
  }

  /** A decoder of one layer and nothing else. */
  Decoder layer(int layer) {
    try (ArrayFiller filler = new ArrayFiller()) {
      RowLoader loader = new RowLoader(filler, tensors);
      Weights weights = Weights.ofLayer(config, layer, loader::load);
      return new Decoder(config.withLayers(1), weights, dtype, 0);
    }
  }

  @Override
  public void close() {
    ends.close();
    try {
      tensors.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
