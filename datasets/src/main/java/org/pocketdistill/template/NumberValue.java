package org.pocketdistill.template;

import java.math.BigDecimal;
import java.math.BigInteger;

/** Python's {@code int}, {@code float} and {@code bool}, which counts as 0 or 1. */
sealed interface NumberValue extends Value permits IntValue, FloatValue, BoolValue {
  /** The value, rounded if it is too long for a double. */
  double asDouble();

  /** The exact value; not for floats. */
  BigInteger asInteger();

  default boolean isFloat() {
    return this instanceof FloatValue;
  }

  /**
   * As {@link Double#compare} but exact between whole numbers and floats. NaN is unequal to all.
   */
  static int compare(NumberValue left, NumberValue right) {
    if (!left.isFloat() && !right.isFloat()) {
      return left.asInteger().compareTo(right.asInteger());
    }
    double a = left.asDouble();
    double b = right.asDouble();
    if ((left.isFloat() && right.isFloat()) || Double.isInfinite(a) || Double.isInfinite(b)) {
      return a < b ? -1 : a > b ? 1 : 0;
    }
    return exact(left).compareTo(exact(right));
  }

  private static BigDecimal exact(NumberValue value) {
    return value.isFloat() ? new BigDecimal(value.asDouble()) : new BigDecimal(value.asInteger());
  }

  default boolean isNaN() {
    return isFloat() && Double.isNaN(asDouble());
  }
}
