package org.pocketdistill.eval.metric;

/**
 * What one item adds to a metric: the metric of a set is a function of Σ numerator / Σ denominator.
 *
 * <ul>
 *   <li>a share: 0 or 1, over 1
 *   <li>micro F1: 2 · matched, over predicted + expected
 *   <li>perplexities and bits per byte: −log p in nats, over tokens, words or bytes
 * </ul>
 */
public record ItemScore(double numerator, double denominator) {
  public ItemScore {
    if (!Double.isFinite(numerator) || !(denominator >= 0) || Double.isInfinite(denominator)) {
      throw new IllegalArgumentException("score " + numerator + " / " + denominator);
    }
  }

  /** The score of an item that is right or wrong. */
  public static ItemScore of(boolean right) {
    return new ItemScore(right ? 1 : 0, 1);
  }
}
