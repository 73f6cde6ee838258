package org.pocketdistill.pipeline.lm;

/**
 * How far one vector of logits is from another.
 *
 * @param largest difference of a logit; NaN if either holds one
 * @param kl KL(first || second), nats
 * @param sameTop whether both have the same largest logit
 */
record LogitsDifference(double largest, double kl, boolean sameTop) {
  static LogitsDifference of(float[] first, float[] second) {
    double firstSum = TokenScorer.logSumExp(first);
    double secondSum = TokenScorer.logSumExp(second);
    double largest = 0;
    double kl = 0;
    for (int i = 0; i < first.length; i++) {
      double logProb = first[i] - firstSum;
      kl += Math.exp(logProb) * (logProb - (second[i] - secondSum));
      largest = Math.max(largest, Math.abs((double) first[i] - second[i]));
    }
    boolean sameTop = TokenScorer.largest(first, 1)[0] == TokenScorer.largest(second, 1)[0];
    return new LogitsDifference(largest, kl, sameTop);
  }
}
