package org.pocketdistill.template;

import java.util.List;

/** Python's {@code list} and what is like it. */
record ListValue(List<Value> items, Kind kind) implements Value {
  /** Which of them. */
  enum Kind {
    LIST("list"),
    TUPLE("tuple"),
    RANGE("range"),
    DICT_KEYS("dict_keys"),
    DICT_VALUES("dict_values"),
    DICT_ITEMS("dict_items");

    private final String type;

    Kind(String type) {
      this.type = type;
    }
  }

  static ListValue list(List<Value> items) {
    return new ListValue(items, Kind.LIST);
  }

  static ListValue tuple(Value... items) {
    return new ListValue(List.of(items), Kind.TUPLE);
  }

  /** Whether elements can be picked by their place: not those of a dict's views. */
  boolean isSequence() {
    return kind == Kind.LIST || kind == Kind.TUPLE || kind == Kind.RANGE;
  }

  /** Whether it is a plain list or a tuple, which JSON can hold. */
  boolean isPlain() {
    return kind == Kind.LIST || kind == Kind.TUPLE;
  }

  @Override
  public String type() {
    return kind.type;
  }

  @Override
  public boolean truthy() {
    return !items.isEmpty();
  }

  @Override
  public void repr(Text out) {
    switch (kind) {
      case LIST -> elements(out, "[", "]");
      case TUPLE -> elements(out, "(", items.size() == 1 ? ",)" : ")");
      case RANGE -> throw new Failure("a range cannot be printed; make it a list first");
      default -> elements(out.append(kind.type), "([", "])");
    }
  }

  private void elements(Text out, String open, String close) {
    out.meter().enter();
    out.append(open);
    String separator = "";
    for (Value item : items) {
      out.append(separator);
      item.repr(out);
      separator = ", ";
    }
    out.append(close);
    out.meter().leave();
  }
}
