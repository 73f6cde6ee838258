package org.pocketdistill.pipeline.bench;

import java.util.OptionalInt;

/**
 * MLPerf's early stopping for a single stream (mlcommons/inference, loadgen/early_stopping.cc): how
 * many queries are needed before a percentile of their latencies can be bounded with a confidence
 * of 99 %, and what the bound is.
 *
 * <p>If the true percentile p lay above the t-th largest of n latencies, fewer than t of them would
 * have exceeded it, each of which does with probability 1 − p. That is improbable enough once P(X ≤
 * t) ≤ 0.01 for X ~ Binomial(n, 1 − p): the largest such t is taken, and the t-th largest latency
 * is the bound.
 *
 * @param percentile p, between 0 and 1
 */
record EarlyStopping(double percentile) {
  static final double CONFIDENCE = 0.99;

  /** P(X ≤ t) of a binomial variable of n draws with probability q, summed term by term. */
  static double binomialCdf(int t, int n, double q) {
    double logTerm = n * Math.log1p(-q);
    double sum = Math.exp(logTerm);
    for (int k = 1; k <= t; k++) {
      logTerm += Math.log((double) (n - k + 1) / k) + Math.log(q) - Math.log1p(-q);
      sum += Math.exp(logTerm);
    }
    return sum;
  }

  /** Fewest queries with which there is a bound. */
  int requiredQueries() {
    int low = 1;
    int high = 1;
    while (!isBounded(high)) {
      low = high + 1;
      high *= 2;
    }
    while (low < high) {
      int middle = (low + high) / 2;
      if (isBounded(middle)) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  private boolean isBounded(int queries) {
    return binomialCdf(1, queries, 1 - percentile) <= 1 - CONFIDENCE;
  }

  /** t, the rank from the top of the latency that is the bound; empty with too few queries. */
  OptionalInt rankFromTop(int queries) {
    double q = 1 - percentile;
    double logTerm = queries * Math.log1p(-q);
    double sum = Math.exp(logTerm);
    int t = 0;
    while (t < queries) {
      logTerm += Math.log((double) (queries - t) / (t + 1)) + Math.log(q) - Math.log1p(-q);
      sum += Math.exp(logTerm);
      if (sum > 1 - CONFIDENCE) {
        break;
      }
      t++;
    }
    return t == 0 ? OptionalInt.empty() : OptionalInt.of(t);
  }
}
