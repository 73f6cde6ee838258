package org.pocketdistill.eval.statistics;

import org.apache.commons.statistics.distribution.NormalDistribution;
import org.apache.commons.statistics.inference.AlternativeHypothesis;
import org.apache.commons.statistics.inference.BinomialTest;

/**
 * Items that two models answered, by who was right.
 *
 * @param both right in both
 * @param onlyFirst right in the first only
 * @param onlySecond right in the second only
 * @param neither wrong in both
 */
public record PairedCounts(int both, int onlyFirst, int onlySecond, int neither) {
  private static final double Z =
      NormalDistribution.of(0, 1).inverseCumulativeProbability((1 + Interval.CONFIDENCE) / 2);

  /** Counts from the items' outcomes, in the same order for both models. */
  public static PairedCounts of(boolean[] first, boolean[] second) {
    if (first.length != second.length) {
      throw new IllegalArgumentException(first.length + " outcomes against " + second.length);
    }
    int[] counts = new int[4];
    for (int i = 0; i < first.length; i++) {
      counts[(first[i] ? 0 : 2) + (second[i] ? 0 : 1)]++;
    }
    return new PairedCounts(counts[0], counts[1], counts[2], counts[3]);
  }

  /** Number of items. */
  public int n() {
    return both + onlyFirst + onlySecond + neither;
  }

  /** Share right in the first minus share right in the second. */
  public double difference() {
    return (onlyFirst - onlySecond) / (double) n();
  }

  /** McNemar's exact two-sided p: only the items where the models differ count. */
  public double mcNemarExact() {
    int discordant = onlyFirst + onlySecond;
    if (discordant == 0) {
      return 1;
    }
    return BinomialTest.withDefaults()
        .with(AlternativeHypothesis.TWO_SIDED)
        .test(discordant, onlyFirst, 0.5)
        .getPValue();
  }

  /**
   * Interval of the difference after Agresti and Min (2005): half an item is added to each cell, so
   * that it has a width where the models agree everywhere, too. Clipped to ±1.
   */
  public Interval differenceInterval() {
    double n = n() + 2.0;
    double difference = (onlyFirst - onlySecond) / n;
    double sum = onlyFirst + onlySecond + 1.0;
    double square = (double) (onlyFirst - onlySecond) * (onlyFirst - onlySecond);
    double margin = Z * Math.sqrt(sum - square / n) / n;
    return new Interval(Math.max(-1, difference - margin), Math.min(1, difference + margin));
  }
}
