package org.pocketdistill.template;

/** A function that every template has, or a method of a value. */
record FunctionValue(String name, Body body) implements CallableValue {
  /** What it does. */
  @FunctionalInterface
  interface Body {
    Value call(CallArguments arguments, Run run);
  }

  @Override
  public Value call(CallArguments arguments, Run run) {
    return body.call(arguments, run);
  }

  @Override
  public String type() {
    return "function";
  }
}
