package org.pocketdistill.template;

/** Something that can be called: a function, a method of a value, a macro. */
non-sealed interface CallableValue extends Value {
  /** The name it is known by, for messages. */
  String name();

  Value call(CallArguments arguments, Run run);

  @Override
  default boolean truthy() {
    return true;
  }

  @Override
  default void repr(Text out) {
    throw new Failure("%s '%s' cannot be printed; call it".formatted(type(), name()));
  }
}
