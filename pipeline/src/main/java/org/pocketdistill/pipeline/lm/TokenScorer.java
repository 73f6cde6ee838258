package org.pocketdistill.pipeline.lm;

import java.util.Arrays;
import org.pocketdistill.pipeline.lm.CausalScorer.TokenScores;

/** Gathers the scores of one row from the logits after each of its positions. */
final class TokenScorer {
  private final int[] row;
  private final int topK;
  private final double[] logProbs;
  private final int[][] topIds;
  private final double[][] topLogProbs;
  private int position;

  /**
   * Scores of {@code row}.
   *
   * @param topK how many most probable tokens to keep per position
   */
  TokenScorer(int[] row, int topK) {
    this.row = row;
    this.topK = topK;
    this.logProbs = new double[row.length];
    this.topIds = new int[row.length][];
    this.topLogProbs = new double[row.length][];
    logProbs[0] = Double.NaN;
    topIds[0] = new int[0];
    topLogProbs[0] = new double[0];
  }

  /** Takes the logits after the next position; those after the last predict nothing known. */
  void add(float[] logits) {
    position++;
    if (position >= row.length) {
      return;
    }
    double normalizer = logSumExp(logits);
    logProbs[position] = logits[row[position]] - normalizer;
    int[] top = largest(logits, topK);
    topIds[position] = top;
    topLogProbs[position] = Arrays.stream(top).mapToDouble(id -> logits[id] - normalizer).toArray();
  }

  TokenScores scores() {
    return new TokenScores(logProbs, topIds, topLogProbs);
  }

  /** Log-probability of a token. */
  static double logProb(float[] logits, int token) {
    return logits[token] - logSumExp(logits);
  }

  /** log Σ exp(x). */
  static double logSumExp(float[] values) {
    float largest = Float.NEGATIVE_INFINITY;
    for (float value : values) {
      largest = Math.max(largest, value);
    }
    double sum = 0;
    for (float value : values) {
      sum += Math.exp(value - largest);
    }
    return largest + Math.log(sum);
  }

  /** Indices of the k largest values, falling; of equal ones the first. */
  static int[] largest(float[] values, int k) {
    int[] best = new int[Math.min(k, values.length)];
    int filled = 0;
    for (int i = 0; i < values.length; i++) {
      if (filled == best.length && (filled == 0 || !(values[i] > values[best[filled - 1]]))) {
        continue;
      }
      int at = filled < best.length ? filled++ : filled - 1;
      while (at > 0 && values[i] > values[best[at - 1]]) {
        best[at] = best[at - 1];
        at--;
      }
      best[at] = i;
    }
    return best;
  }
}
