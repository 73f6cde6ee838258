package org.pocketdistill.pipeline.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;
import org.pocketdistill.eval.metric.Metric;
import org.pocketdistill.eval.statistics.Interval;

/** Numbers as people read them; a no-break blank stands before a unit. */
final class Figures {
  static final String NONE = "–";
  private static final String BLANK = "\u00a0";
  private static final char MINUS = '−';

  private Figures() {}

  /** {@code String.format}, the same on every machine. */
  static String text(String format, Object... arguments) {
    return String.format(Locale.ROOT, format, arguments);
  }

  /** 0.974 as {@code 97.4 %}. */
  static String percent(double share) {
    return hundredths(share) + BLANK + "%";
  }

  /** 0.974 as {@code 97.4}. */
  static String hundredths(double share) {
    return fixed(100 * share, 1);
  }

  /** A metric's value: a share in percent, a perplexity or bits as they are. */
  static String value(String metric, double value) {
    return isShare(metric) ? percent(value) : significant(value);
  }

  /** {@code ± 1.2}, in the unit of {@link #value}; two digits where it has none. */
  static String plusMinus(String metric, double stderr) {
    return "±" + BLANK + (isShare(metric) ? hundredths(stderr) : significant(stderr, 2));
  }

  /** A difference: of shares in points, of perplexities as it is. */
  static String difference(String metric, double difference) {
    return isShare(metric)
        ? signed(hundredths(difference)) + BLANK + "points"
        : signed(significant(difference));
  }

  /** {@code [96.1, 98.6]}, in the unit of {@link #value}. */
  static String interval(String metric, Interval interval) {
    return isShare(metric)
        ? percentInterval(interval)
        : "[" + significant(interval.low()) + ", " + significant(interval.high()) + "]";
  }

  /** A share's interval in percent: {@code [96.1, 98.6]}. */
  static String percentInterval(Interval interval) {
    return "[" + hundredths(interval.low()) + ", " + hundredths(interval.high()) + "]";
  }

  /** {@code 0.013}; {@code < 0.001} where it is smaller. */
  static String pValue(double p) {
    if (p < 0.001) {
      return "<" + BLANK + "0.001";
    }
    return fixed(p, p < 0.1 ? 3 : 2);
  }

  /** {@code p = 0.013} or {@code p < 0.001}. */
  static String pSentence(double p) {
    return p < 0.001 ? "p" + BLANK + pValue(p) : "p" + BLANK + "=" + BLANK + pValue(p);
  }

  /** 1234567 as {@code 1.23 M}; units are powers of 1000. */
  static String count(long count) {
    return count < 10_000
        ? Long.toString(count)
        : scaled((double) count, new String[] {"k", "M", "G"});
  }

  /** Bytes in kB, MB, GB; units are powers of 1000. */
  static String bytes(long bytes) {
    return bytes < 1000
        ? bytes + BLANK + "B"
        : scaled((double) bytes, new String[] {"kB", "MB", "GB", "TB"});
  }

  private static String scaled(double value, String[] units) {
    double scaled = value / 1000;
    int unit = 0;
    while (scaled >= 999.5 && unit < units.length - 1) {
      scaled /= 1000;
      unit++;
    }
    return significant(scaled, 3) + BLANK + units[unit];
  }

  /** {@code 12.3 s}, {@code 5 min 12 s}, {@code 1 h 02 min}. */
  static String seconds(double seconds) {
    if (seconds < 59.95) {
      return fixed(seconds, 1) + BLANK + "s";
    }
    long whole = Math.round(seconds);
    if (whole < 3600) {
      return whole / 60 + BLANK + "min" + BLANK + twoDigits(whole % 60) + BLANK + "s";
    }
    long minutes = Math.round(seconds / 60);
    return minutes / 60 + BLANK + "h" + BLANK + twoDigits(minutes % 60) + BLANK + "min";
  }

  private static String twoDigits(long value) {
    return String.format(Locale.ROOT, "%02d", value);
  }

  /** Four significant digits, never in powers of ten between 1e-4 and 1e6. */
  static String significant(double value) {
    return significant(value, 4);
  }

  private static String significant(double value, int digits) {
    if (!Double.isFinite(value)) {
      return NONE;
    }
    BigDecimal rounded =
        BigDecimal.valueOf(value).round(new MathContext(digits)).stripTrailingZeros();
    boolean plain = value == 0 || (Math.abs(value) >= 1e-4 && Math.abs(value) < 1e6);
    return (plain ? rounded.toPlainString() : scientific(rounded)).replace('-', MINUS);
  }

  private static String scientific(BigDecimal number) {
    int exponent = number.precision() - number.scale() - 1;
    return number.scaleByPowerOfTen(-exponent).toPlainString() + "e" + exponent;
  }

  static String fixed(double value, int digits) {
    String text = String.format(Locale.ROOT, "%." + digits + "f", value);
    boolean zero = text.chars().noneMatch(c -> c >= '1' && c <= '9');
    return zero ? text.replace("-", "") : text.replace('-', MINUS);
  }

  private static String signed(String number) {
    boolean zero = number.chars().noneMatch(c -> c >= '1' && c <= '9');
    return zero || number.charAt(0) == MINUS ? number : "+" + number;
  }

  /** Name of a metric for people; its key if it is unknown. */
  static String title(String metric) {
    return Metric.ofKey(metric).map(Metric::title).orElse(metric);
  }

  /** Whether a larger value is a better model; so it is for a metric that is unknown. */
  static boolean higherIsBetter(String metric) {
    return Metric.ofKey(metric).map(Metric::higherIsBetter).orElse(true);
  }

  /** Whether it is shown in percent. */
  static boolean isShare(String metric) {
    return Metric.ofKey(metric).map(Metric::isShare).orElse(false);
  }
}
