package org.pocketdistill.template;

import java.util.Map;

/** Python's {@code dict}, in the order in which it was filled; keys as {@link #key} gives them. */
record DictValue(Map<Value, Value> entries) implements Value {
  /**
   * A value as a key. Only strings, whole numbers and None are supported; Python would take a few
   * more, and one for the other.
   */
  static Value key(Value value) {
    if (value instanceof StrValue string) {
      return string.markup() ? StrValue.of(string.value()) : string;
    }
    if (value instanceof IntValue || value instanceof NoneValue) {
      return value;
    }
    throw new Failure(
        "a key of type '%s': only str, int and None are supported".formatted(value.type()));
  }

  /** Whether a value can be a key at all. */
  static boolean isKey(Value value) {
    return value instanceof StrValue || value instanceof IntValue || value instanceof NoneValue;
  }

  @Override
  public String type() {
    return "dict";
  }

  @Override
  public boolean truthy() {
    return !entries.isEmpty();
  }

  @Override
  public void repr(Text out) {
    out.meter().enter();
    String separator = "{";
    for (Map.Entry<Value, Value> entry : entries.entrySet()) {
      out.append(separator);
      entry.getKey().repr(out);
      out.append(": ");
      entry.getValue().repr(out);
      separator = ", ";
    }
    out.append(entries.isEmpty() ? "{}" : "}");
    out.meter().leave();
  }
}
