package org.pocketdistill.template;

import java.math.BigDecimal;
import java.math.BigInteger;

/** Python's {@code float}. */
record FloatValue(double value) implements NumberValue {
  @Override
  public double asDouble() {
    return value;
  }

  @Override
  public BigInteger asInteger() {
    return new BigDecimal(value).toBigInteger();
  }

  @Override
  public String type() {
    return "float";
  }

  @Override
  public boolean truthy() {
    return value != 0;
  }

  @Override
  public void repr(Text out) {
    out.append(PythonText.repr(value));
  }
}
