package org.pocketdistill.template;

/** Makes one value of another: {@code value | filter}. */
@FunctionalInterface
interface Filter {
  Value apply(Value input, CallArguments arguments, Run run);
}
