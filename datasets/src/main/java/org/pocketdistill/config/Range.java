package org.pocketdistill.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;

/** The numbers from min to max, both included; either may be infinite. */
record Range(double min, double max) {
  private static final double LARGEST_EXACT = 1L << 53;

  static Range of(Key key) {
    return new Range(key.min(), key.max());
  }

  boolean contains(double value) {
    return min <= value && value <= max;
  }

  /** The allowed number nearest to zero. */
  double nearestToZero() {
    return Math.max(min, Math.min(max, 0));
  }

  /** For example {@code from 1 to 256}, with a blank in front; empty without bounds. */
  String describe() {
    if (Double.isInfinite(min) && Double.isInfinite(max)) {
      return "";
    }
    if (Double.isInfinite(max)) {
      return " of at least " + text(min);
    }
    return Double.isInfinite(min)
        ? " of at most " + text(max)
        : " from " + text(min) + " to " + text(max);
  }

  /** Adds {@code minimum} and {@code maximum}. */
  void writeTo(ObjectNode schema) {
    if (!Double.isInfinite(min)) {
      schema.set("minimum", number(min));
    }
    if (!Double.isInfinite(max)) {
      schema.set("maximum", number(max));
    }
  }

  /** A JSON number without a needless fraction. */
  static JsonNode number(double value) {
    boolean whole = value == Math.rint(value) && Math.abs(value) <= LARGEST_EXACT;
    return whole ? LongNode.valueOf((long) value) : DoubleNode.valueOf(value);
  }

  private static String text(double value) {
    return BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
  }
}
