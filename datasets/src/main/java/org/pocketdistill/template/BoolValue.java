package org.pocketdistill.template;

import java.math.BigInteger;

/** Python's {@code bool}. */
enum BoolValue implements NumberValue {
  FALSE,
  TRUE;

  static BoolValue of(boolean value) {
    return value ? TRUE : FALSE;
  }

  @Override
  public double asDouble() {
    return this == TRUE ? 1 : 0;
  }

  @Override
  public BigInteger asInteger() {
    return this == TRUE ? BigInteger.ONE : BigInteger.ZERO;
  }

  @Override
  public String type() {
    return "bool";
  }

  @Override
  public boolean truthy() {
    return this == TRUE;
  }

  @Override
  public void repr(Text out) {
    out.append(this == TRUE ? "True" : "False");
  }
}
