package org.pocketdistill.pipeline.lm;

import java.util.List;

/** A model that tells how probable given tokens are. Not safe for use from several threads. */
public interface CausalScorer extends AutoCloseable {
  /** Number of logits per position. */
  int vocabSize();

  /** Longest sequence, prompt and generated tokens together. */
  int contextLength();

  /**
   * Log-probabilities of each row's tokens given the tokens before them.
   *
   * @param rows token ids; lengths may differ; each at least 1 and at most {@link #contextLength}
   * @param topK how many most probable tokens to give per position, 0 for none
   */
  List<TokenScores> score(List<int[]> rows, int topK);

  @Override
  void close();

  /**
   * Scores of one row of n tokens.
   *
   * @param logProbs [n] natural log-probability of token i given tokens before i; NaN for the first
   * @param topIds [n][k] the k most probable tokens at position i (as a prediction of token i),
   *     falling; row 0 is empty
   * @param topLogProbs [n][k] their log-probabilities
   */
  record TokenScores(double[] logProbs, int[][] topIds, double[][] topLogProbs) {}
}
