package org.pocketdistill.template;

/**
 * Python's {@code str}.
 *
 * @param markup whether the filter {@code safe} made it: added to another string, it escapes that
 */
record StrValue(String value, boolean markup) implements Value {
  static final StrValue EMPTY = of("");

  static StrValue of(String value) {
    return new StrValue(value, false);
  }

  @Override
  public String type() {
    return markup ? "Markup" : "str";
  }

  @Override
  public boolean truthy() {
    return !value.isEmpty();
  }

  @Override
  public void repr(Text out) {
    if (markup) {
      throw new Failure("the representation of a string marked 'safe' is not supported");
    }
    out.append(PythonText.repr(value));
  }

  @Override
  public void str(Text out) {
    out.append(value);
  }

  @Override
  public String string(Meter meter) {
    return value;
  }
}
