package org.pocketdistill.eval.statistics;

import java.util.Arrays;
import java.util.function.ToDoubleFunction;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.simple.RandomSource;
import org.apache.commons.statistics.descriptive.Quantile;
import org.apache.commons.statistics.descriptive.StandardDeviation;

/**
 * The bootstrap over items (Efron 1979): the items are drawn anew with replacement, and a statistic
 * of them is computed each time. The draws are a function of seed and number of items alone, so two
 * models on the same items see the same draws.
 *
 * @param resamples how often; at least 2000 for an interval that does not wobble
 * @param seed of the draws
 */
public record Bootstrap(int resamples, long seed) {
  private static final double TAIL = (1 - Interval.CONFIDENCE) / 2;

  /** Linear interpolation, as numpy has it. */
  private static final Quantile QUANTILE =
      Quantile.withDefaults().with(Quantile.EstimationMethod.HF7).withCopy(true);

  public Bootstrap {
    if (resamples < 1) {
      throw new IllegalArgumentException("resamples " + resamples + ": expected 1 or more");
    }
  }

  /**
   * The statistic of each resample.
   *
   * @param n number of items
   * @param statistic a function of how often each item was drawn; the array is used again
   */
  public double[] replicates(int n, ToDoubleFunction<int[]> statistic) {
    UniformRandomProvider random = RandomSource.XO_SHI_RO_256_PP.create(seed);
    double[] replicates = new double[resamples];
    int[] counts = new int[n];
    for (int r = 0; r < resamples; r++) {
      Arrays.fill(counts, 0);
      for (int i = 0; i < n; i++) {
        counts[random.nextInt(n)]++;
      }
      replicates[r] = statistic.applyAsDouble(counts);
    }
    return replicates;
  }

  /** Percentile interval of the replicates. */
  public static Interval percentileInterval(double... replicates) {
    double[] ends = QUANTILE.evaluate(replicates, TAIL, 1 - TAIL);
    return new Interval(ends[0], ends[1]);
  }

  /** Standard error: the standard deviation of the replicates. */
  public static double stderr(double... replicates) {
    return replicates.length < 2 ? 0 : StandardDeviation.of(replicates).getAsDouble();
  }

  /**
   * Two-sided p of "no difference" from replicates of a difference: twice the smaller share of them
   * on one side of zero. One is added to count and number, so that it is never 0.
   */
  public static double pValue(double... differences) {
    long below = Arrays.stream(differences).filter(d -> d <= 0).count();
    long above = Arrays.stream(differences).filter(d -> d >= 0).count();
    return Math.min(1, 2.0 * (Math.min(below, above) + 1) / (differences.length + 1));
  }
}
