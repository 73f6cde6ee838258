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
  EXACT_MATCH("exact match", Kind.PROPORTION),
  /** Share of answers that call the reference's function, or call none where it calls none. */
  FUNCTION_ACCURACY("function accuracy", Kind.PROPORTION),
  /** Micro F1 over pairs of argument path and value; an answer that is no call has no pairs. */
  SLOT_F1("slot F1", Kind.F_SCORE),
  /** exp(−Σ log p / Σ tokens) of the reference answer and its end token, given the prompt. */
  PERPLEXITY("perplexity", Kind.PERPLEXITY),
  /** Share of questions whose right choice is the most probable one; of equal ones the first. */
  ACC("accuracy", Kind.PROPORTION),
  /**
   * The same by log p / length of the choice, which does not favour short ones. The length is in
   * characters (Unicode code points), as lm-evaluation-harness counts it.
   */
  ACC_NORM("length-normalized accuracy", Kind.PROPORTION),
  /**
   * exp(−Σ log p / Σ words) of whole texts. Words are what lies between blanks, whatever the
   * tokenizer, so that models with different vocabularies compare.
   */
  WORD_PERPLEXITY("word perplexity", Kind.PERPLEXITY),
  /** exp(−Σ log p / Σ bytes) of whole texts in UTF-8, whatever the tokenizer. */
  BYTE_PERPLEXITY("byte perplexity", Kind.PERPLEXITY),
  /** −Σ log₂ p / Σ bytes of whole texts in UTF-8: the logarithm of the byte perplexity. */
  BITS_PER_BYTE("bits per byte", Kind.BITS);

  private static final double NATS_PER_BIT = Math.log(2);

  private final String title;
  private final Kind kind;

  Metric(String title, Kind kind) {
    this.title = title;
    this.kind = kind;
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
    return isShare();
  }

  /** Whether it lies between 0 and 1, where 1 is perfect. */
  public boolean isShare() {
    return kind == Kind.PROPORTION || kind == Kind.F_SCORE;
  }

  /** Whether each item is right or wrong, so that tests for proportions apply. */
  public boolean isProportion() {
    return kind == Kind.PROPORTION;
  }

  /** The metric of items whose scores add up to these sums; NaN if there is nothing to count. */
  public double value(double numerator, double denominator) {
    if (denominator == 0) {
      return Double.NaN;
    }
    double ratio = numerator / denominator;
    return switch (kind) {
      case PROPORTION, F_SCORE -> ratio;
      case PERPLEXITY -> Math.exp(ratio);
      case BITS -> ratio / NATS_PER_BIT;
    };
  }

  private enum Kind {
    /** Items that are right over all items. */
    PROPORTION,
    F_SCORE,
    /** exp of nats per unit. */
    PERPLEXITY,
    /** Nats per unit, in bits. */
    BITS
  }
}
