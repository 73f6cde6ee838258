package org.pocketdistill.eval.metric;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** A figure that a task reports; its {@link #key} is what YAML and result files say. */
public enum Metric {
  /**
   * Share of answers that are the reference call, as JSON values, whatever the order of keys. A
   * reference that is no call is compared as text without surrounding blanks.
   */
  EXACT_MATCH("exact match"),
  /** Share of answers that call the reference's function, or call none where it calls none. */
  FUNCTION_ACCURACY("function accuracy"),
  /** Micro F1 over pairs of argument path and value; an answer that is no call has no pairs. */
  SLOT_F1("slot F1"),
  /** exp(−Σ log p / Σ tokens) of the reference answer and its end token, given the prompt. */
  PERPLEXITY("perplexity");

  private final String title;

  Metric(String title) {
    this.title = title;
  }

  /** Name in files, for example {@code exact_match}. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Name for people, for example {@code exact match}. */
  public String title() {
    return title;
  }

  /** The metric with this key. */
  public static Optional<Metric> ofKey(String key) {
    return Arrays.stream(values()).filter(metric -> metric.key().equals(key)).findFirst();
  }

  /** Whether a larger value is a better model. */
  public boolean higherIsBetter() {
    return this != PERPLEXITY;
  }

  /** Whether each item is right or wrong, so that tests for proportions apply. */
  public boolean isProportion() {
    return this == EXACT_MATCH || this == FUNCTION_ACCURACY;
  }

  /** The metric of items whose scores add up to these sums; NaN if there is nothing to count. */
  public double value(double numerator, double denominator) {
    if (denominator == 0) {
      return Double.NaN;
    }
    double ratio = numerator / denominator;
    return this == PERPLEXITY ? Math.exp(ratio) : ratio;
  }
}
