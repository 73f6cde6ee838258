package org.pocketdistill.pipeline.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.pocketdistill.pipeline.torch.Arguments;
import org.pocketdistill.pipeline.torch.Torch;

/**
 * Keys and values of sequences being continued. Prompts of different lengths are padded on the
 * left, so that every row's next token goes to the same column. Owns its memory; close it.
 */
public final class KvCache implements AutoCloseable {
  private final Decoder decoder;
  private final NDManager manager;
  private final int rows;
  private final int capacity;
  private final List<NDArray> keys = new ArrayList<>();
  private final List<NDArray> values = new ArrayList<>();
  private long[] firstColumns = new long[0];
  private int filled;

  KvCache(Decoder decoder, int rows, int capacity) {
    this.decoder = decoder;
    this.rows = rows;
    this.capacity = capacity;
    this.manager = decoder.weights().manager().newSubManager();
    ModelConfig config = decoder.config();
    Shape shape = new Shape(rows, capacity, config.numKeyValueHeads(), config.headDim());
    for (int i = 0; i < config.numHiddenLayers(); i++) {
      keys.add(manager.zeros(shape, DataType.FLOAT32));
      values.add(manager.zeros(shape, DataType.FLOAT32));
    }
  }

  /** Reads the prompts; logits [rows][vocabulary] of the token after each. */
  public float[][] start(List<int[]> prompts) {
    int longest = prompts.stream().mapToInt(p -> p.length).max().orElseThrow();
    long[] ids = new long[rows * longest];
    long[] positions = new long[rows * longest];
    firstColumns = new long[rows];
    for (int row = 0; row < rows; row++) {
      int[] prompt = prompts.get(row);
      int padding = longest - prompt.length;
      firstColumns[row] = padding;
      for (int i = 0; i < prompt.length; i++) {
        ids[row * longest + padding + i] = prompt[i];
        positions[row * longest + padding + i] = i;
      }
    }
    return extend(new Decoder.CachedTokens(rows, longest, ids, positions));
  }

  /** Appends one token to each row; logits [rows][vocabulary] of the token after it. */
  public float[][] advance(int[] tokens) {
    long[] positions = new long[rows];
    for (int row = 0; row < rows; row++) {
      positions[row] = filled - firstColumns[row];
    }
    long[] ids = Arrays.stream(tokens).asLongStream().toArray();
    return extend(new Decoder.CachedTokens(rows, 1, ids, positions));
  }

  private float[][] extend(Decoder.CachedTokens tokens) {
    int end = filled + tokens.count();
    if (end > capacity) {
      throw new IllegalStateException("cache of " + capacity + " tokens is full");
    }
    try (NDManager scope = manager.newSubManager()) {
      NDArray first = Torch.copyOf(scope, firstColumns, new Shape(rows));
      NDArray endColumn = scope.create((long) end);
      TokenBlock block = decoder.cachedBlock(scope, tokens, first, endColumn);
      NDArray hidden = decoder.embed(scope, block);
      for (int i = 0; i < keys.size(); i++) {
        NDArray next = cachedLayer(scope, i, hidden, block, endColumn);
        hidden.close();
        hidden = next;
      }
      filled = end;
      long[] last = new long[rows];
      Arrays.setAll(last, row -> (long) row * tokens.count() + tokens.count() - 1);
      NDArray input = decoder.headInput(scope, hidden, Torch.copyOf(scope, last, new Shape(rows)));
      return split(decoder.logits(scope, input).toFloatArray(), decoder.config().vocabSize());
    }
  }

  private NDArray cachedLayer(
      NDManager scope, int layer, NDArray hidden, TokenBlock block, NDArray end) {
    return decoder
        .kernels()
        .call(
            scope,
            "cached_layer",
            Arguments.of(hidden)
                .list(decoder.layerWeights(layer))
                .list(decoder.noAdapters().of(layer))
                .tensor(block.cos())
                .tensor(block.sin())
                .tensor(block.mask())
                .tensor(keys.get(layer))
                .tensor(values.get(layer))
                .tensor(end));
  }

  private float[][] split(float[] logits, int width) {
    float[][] byRow = new float[rows][];
    for (int row = 0; row < rows; row++) {
      byRow[row] = Arrays.copyOfRange(logits, row * width, (row + 1) * width);
    }
    return byRow;
  }

  @Override
  public void close() {
    manager.close();
  }
}
