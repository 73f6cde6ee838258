package org.pocketdistill.template;

/**
 * What a missing name, attribute or element is: printed as nothing, false, empty; everything else
 * done with it fails.
 *
 * @param reason why it is undefined
 */
record UndefinedValue(String reason) implements Value {
  static UndefinedValue name(String name) {
    return new UndefinedValue("'" + name + "' is undefined");
  }

  static UndefinedValue attribute(Value of, String name) {
    return new UndefinedValue("'%s' has no attribute '%s'".formatted(of.described(), name));
  }

  Failure failure() {
    return new Failure(reason);
  }

  @Override
  public String type() {
    return "Undefined";
  }

  @Override
  public boolean truthy() {
    return false;
  }

  @Override
  public void repr(Text out) {
    out.append("Undefined");
  }

  @Override
  public void str(Text out) {
    // prints as nothing
  }
}
