package org.pocketdistill.template;

/** Asks something of a value: {@code value is test}. */
@FunctionalInterface
interface Test {
  boolean holds(Value input, CallArguments arguments, Run run);
}
