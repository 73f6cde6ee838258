package org.pocketdistill.template;

import java.math.BigInteger;

/** Python's {@code int}. */
record IntValue(BigInteger value) implements NumberValue {
  /** Python writes no larger ones either (4300 digits). */
  static final int MAX_BITS = 14_000;

  IntValue {
    if (value.bitLength() > MAX_BITS) {
      throw new Failure("a whole number of more than " + MAX_BITS + " bits");
    }
  }

  static IntValue of(long value) {
    return new IntValue(BigInteger.valueOf(value));
  }

  @Override
  public double asDouble() {
    return value.doubleValue();
  }

  @Override
  public BigInteger asInteger() {
    return value;
  }

  @Override
  public String type() {
    return "int";
  }

  @Override
  public boolean truthy() {
    return value.signum() != 0;
  }

  @Override
  public void repr(Text out) {
    out.append(value.toString());
  }
}
