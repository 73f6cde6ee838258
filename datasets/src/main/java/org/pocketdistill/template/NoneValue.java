package org.pocketdistill.template;

/** Python's {@code None}. */
enum NoneValue implements Value {
  NONE;

  @Override
  public String type() {
    return "NoneType";
  }

  @Override
  public boolean truthy() {
    return false;
  }

  @Override
  public void repr(Text out) {
    out.append("None");
  }

  @Override
  public String described() {
    return "None";
  }
}
