package org.pocketdistill.pipeline.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.pipeline.torch.Torch;

/** Log-probabilities of rows of tokens, in batches of similar length. */
public final class RowScorer {
  /** Tokens of one forward pass, padding included. */
  private static final int BATCH_TOKENS = 4096;

  /** Logits of one product: 128 MiB in fp32. */
  private static final int BLOCK_LOGITS = 1 << 25;

  private final Decoder decoder;
  private final Passes passes;
  private final int blockTokens;
  private final int topK;

  /** Scores with the decoder; {@code topK} most probable tokens per position, 0 for none. */
  public RowScorer(Decoder decoder, int topK) {
    this.decoder = decoder;
    this.topK = topK;
    this.blockTokens = 1;
    this.passes =
        (scope, batches) ->
            batches.stream()
                .map(b -> decoder.forward(scope, decoder.block(scope, b), decoder.noAdapters()))
                .toList();
  }

  /** Scores with a decoder that is read layer by layer, once for many rows. */
  public RowScorer(StreamedDecoder streamed, int topK) {
    this.decoder = streamed.ends();
    this.topK = topK;
    this.blockTokens = StreamedDecoder.BLOCK_TOKENS;
    this.passes = streamed::forward;
  }

  /** Last hidden states of batches. */
  @FunctionalInterface
  private interface Passes {
    List<NDArray> of(NDManager scope, List<Batch> batches);
  }

  /** Scores of each row, in the order given. */
  public List<RowScore> score(List<int[]> rows) {
    RowScore[] scores = new RowScore[rows.size()];
    List<Integer> order =
        IntStream.range(0, rows.size())
            .boxed()
            .sorted(Comparator.comparingInt(i -> rows.get(i).length))
            .toList();
    List<List<Integer>> block = new ArrayList<>();
    long tokens = 0;
    int from = 0;
    while (from < order.size()) {
      int to = from + 1;
      while (to < order.size()
          && (to + 1 - from) * rows.get(order.get(to)).length <= BATCH_TOKENS) {
        to++;
      }
      block.add(order.subList(from, to));
      tokens += (long) (to - from) * rows.get(order.get(to - 1)).length;
      from = to;
      if (tokens >= blockTokens || from == order.size()) {
        scoreBlock(rows, block, scores);
        block.clear();
        tokens = 0;
      }
    }
    return Arrays.asList(scores);
  }

  /** Logits after every position of a row, [n][vocabulary]. */
  public float[][] logits(int[] row) {
    float[][] logits = new float[row.length][];
    Batch batch = batch(List.of(row));
    try (NDManager scope = decoder.weights().manager().newSubManager()) {
      NDArray hidden = decoder.forward(scope, decoder.block(scope, batch), decoder.noAdapters());
      for (int i = 0; i < row.length; i++) {
        try (NDManager positionScope = scope.newSubManager()) {
          NDArray position = Torch.copyOf(positionScope, new long[] {i}, new Shape(1));
          NDArray input = decoder.headInput(positionScope, hidden, position);
          logits[i] = decoder.logits(positionScope, input).toFloatArray();
        }
      }
    }
    return logits;
  }

  private void scoreBlock(List<int[]> rows, List<List<Integer>> block, RowScore[] scores) {
    List<Batch> batches =
        block.stream().map(picked -> batch(picked.stream().map(rows::get).toList())).toList();
    try (NDManager scope = decoder.weights().manager().newSubManager()) {
      List<NDArray> hidden = passes.of(scope, batches);
      for (int i = 0; i < batches.size(); i++) {
        List<Integer> picked = block.get(i);
        List<RowScore> found = scores(hidden.get(i), batches.get(i), rows, picked);
        for (int k = 0; k < picked.size(); k++) {
          scores[picked.get(k)] = found.get(k);
        }
      }
    }
  }

  private List<RowScore> scores(
      NDArray hidden, Batch batch, List<int[]> rows, List<Integer> picked) {
    long[] predicting =
        IntStream.range(0, batch.targets().length)
            .filter(i -> batch.targets()[i] >= 0)
            .asLongStream()
            .toArray();
    List<RowScore> scores = picked.stream().map(i -> RowScore.empty(rows.get(i).length)).toList();
    int block = BLOCK_LOGITS / decoder.config().vocabSize() + 1;
    for (int from = 0; from < predicting.length; from += block) {
      int to = Math.min(predicting.length, from + block);
      scorePart(hidden, Arrays.copyOfRange(predicting, from, to), batch, scores);
    }
    return scores;
  }

  private void scorePart(NDArray hidden, long[] positions, Batch batch, List<RowScore> scores) {
    try (NDManager scope = decoder.weights().manager().newSubManager()) {
      Shape shape = new Shape(positions.length);
      long[] targets = new long[positions.length];
      Arrays.setAll(targets, i -> batch.targets()[(int) positions[i]]);
      NDArray rows = Torch.copyOf(scope, positions, shape);
      NDArray input = decoder.headInput(scope, hidden, rows);
      NDList result = decoder.score(scope, input, Torch.copyOf(scope, targets, shape), topK);
      float[] picked = result.get(0).toFloatArray();
      float[] values = topK == 0 ? new float[0] : result.get(1).toFloatArray();
      long[] ids = topK == 0 ? new long[0] : result.get(2).toLongArray();
      for (int i = 0; i < positions.length; i++) {
        int row = (int) positions[i] / batch.length();
        int token = (int) positions[i] % batch.length() + 1;
        scores.get(row).logProbs()[token] = picked[i];
        scores.get(row).topIds()[token] = new int[topK];
        scores.get(row).topLogProbs()[token] = new double[topK];
        for (int k = 0; k < topK; k++) {
          scores.get(row).topIds()[token][k] = (int) ids[i * topK + k];
          scores.get(row).topLogProbs()[token][k] = values[i * topK + k];
        }
      }
    }
  }

  /** Rows padded on the right; every token but a row's first is a target. */
  private static Batch batch(List<int[]> rows) {
    int length = rows.stream().mapToInt(row -> row.length).max().orElseThrow();
    int size = rows.size() * length;
    long[] ids = new long[size];
    long[] positions = new long[size];
    long[] documents = new long[size];
    long[] targets = new long[size];
    Arrays.fill(targets, -1);
    int predicted = 0;
    for (int row = 0; row < rows.size(); row++) {
      int[] tokens = rows.get(row);
      for (int i = 0; i < tokens.length; i++) {
        int at = row * length + i;
        ids[at] = tokens[i];
        positions[at] = i;
        documents[at] = 1;
        if (i + 1 < tokens.length) {
          targets[at] = tokens[i + 1];
          predicted++;
        }
      }
    }
    return new Batch(rows.size(), length, ids, positions, documents, targets, predicted);
  }

  /**
   * Scores of one row of n tokens.
   *
   * @param logProbs [n] in nats; NaN for the first token
   * @param topIds [n][k] most probable ids at each token's place, falling; empty for the first
   * @param topLogProbs [n][k] their log-probabilities
   */
  public record RowScore(double[] logProbs, int[][] topIds, double[][] topLogProbs) {
    static RowScore empty(int tokens) {
      double[] logProbs = new double[tokens];
      Arrays.fill(logProbs, Double.NaN);
      List<int[]> ids = new ArrayList<>();
      List<double[]> values = new ArrayList<>();
      for (int i = 0; i < tokens; i++) {
        ids.add(new int[0]);
        values.add(new double[0]);
      }
      return new RowScore(logProbs, ids.toArray(new int[0][]), values.toArray(new double[0][]));
    }
  }
}
