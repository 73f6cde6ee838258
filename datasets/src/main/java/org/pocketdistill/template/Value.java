package org.pocketdistill.template;

/** A value of a template: one of Python's types, and nothing of Java's. */
sealed interface Value
    permits NoneValue,
        UndefinedValue,
        NumberValue,
        StrValue,
        ListValue,
        DictValue,
        GeneratorValue,
        NamespaceValue,
        LoopValue,
        CallableValue {

  /** Python's name of the type, as {@code type(x).__name__}. */
  String type();

  /** Python's {@code bool(x)}. */
  boolean truthy();

  /** Writes Python's {@code repr(x)}. */
  void repr(Text out);

  /** Writes Python's {@code str(x)}, which is what a template prints. */
  default void str(Text out) {
    repr(out);
  }

  /** Python's {@code str(x)}. */
  default String string(Meter meter) {
    Text text = new Text(meter);
    str(text);
    return text.toString();
  }

  /** Jinja's words for the value in messages. */
  default String described() {
    return type() + " object";
  }
}
