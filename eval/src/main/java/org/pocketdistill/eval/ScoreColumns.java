package org.pocketdistill.eval;

import java.util.Arrays;
import java.util.List;
import org.pocketdistill.eval.metric.ItemScore;
import org.pocketdistill.eval.metric.Metric;

/** The scores of all items in one metric, as columns that a bootstrap can weight. */
record ScoreColumns(Metric metric, double[] numerators, double[] denominators) {
  static ScoreColumns of(Metric metric, List<ItemScore> scores) {
    return new ScoreColumns(
        metric,
        scores.stream().mapToDouble(ItemScore::numerator).toArray(),
        scores.stream().mapToDouble(ItemScore::denominator).toArray());
  }

  int size() {
    return numerators.length;
  }

  /** The metric of all items. */
  double value() {
    return metric.value(Arrays.stream(numerators).sum(), Arrays.stream(denominators).sum());
  }

  /** The metric when item i counts {@code weights[i]} times. */
  double value(int[] weights) {
    double numerator = 0;
    double denominator = 0;
    for (int i = 0; i < weights.length; i++) {
      numerator += weights[i] * numerators[i];
      denominator += weights[i] * denominators[i];
    }
    return metric.value(numerator, denominator);
  }

  boolean[] outcomes() {
    boolean[] right = new boolean[size()];
    for (int i = 0; i < right.length; i++) {
      right[i] = numerators[i] > 0;
    }
    return right;
  }

  /** Number of items on which this model scores better than the other. */
  int countBetterThan(ScoreColumns other) {
    int count = 0;
    for (int i = 0; i < size(); i++) {
      double mine = metric.value(numerators[i], denominators[i]);
      double theirs = metric.value(other.numerators[i], other.denominators[i]);
      if (metric.higherIsBetter() ? mine > theirs : mine < theirs) {
        count++;
      }
    }
    return count;
  }
}
