package org.pocketdistill.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Python's {@code json.dumps}. */
final class JsonText {
  private final Text out;
  private final Style style;

  /**
   * How it is written.
   *
   * @param indent what a level is indented by; null for one line
   */
  record Style(
      boolean ensureAscii,
      String indent,
      String itemSeparator,
      String keySeparator,
      boolean sort) {}

  private JsonText(Text out, Style style) {
    this.out = out;
    this.style = style;
  }

  static String of(Value value, Style style, Meter meter) {
    Text out = new Text(meter);
    new JsonText(out, style).write(value, 0);
    return out.toString();
  }

  private void write(Value value, int level) {
    out.meter().enter();
    if (value instanceof StrValue text) {
      writeString(text.value());
    } else if (value instanceof NoneValue || value instanceof NumberValue) {
      out.append(scalar(value));
    } else if (value instanceof ListValue list && list.isPlain()) {
      writeList(list.items(), level);
    } else if (value instanceof DictValue dict) {
      writeDict(dict, level);
    } else {
      throw new Failure("Object of type %s is not JSON serializable".formatted(value.type()));
    }
    out.meter().leave();
  }

  private String scalar(Value value) {
    if (value instanceof BoolValue bool) {
      return bool.truthy() ? "true" : "false";
    }
    if (value instanceof FloatValue number) {
      double d = number.value();
      return Double.isNaN(d)
          ? "NaN"
          : Double.isInfinite(d) ? (d > 0 ? "Infinity" : "-Infinity") : PythonText.repr(d);
    }
    return value instanceof NoneValue ? "null" : value.string(out.meter());
  }

  private void writeList(List<Value> items, int level) {
    out.append("[");
    for (int i = 0; i < items.size(); i++) {
      beforeItem(i, level + 1);
      write(items.get(i), level + 1);
    }
    afterItems(items.size(), level);
    out.append("]");
  }

  private void writeDict(DictValue dict, int level) {
    List<Map.Entry<Value, Value>> entries = new ArrayList<>(dict.entries().entrySet());
    if (style.sort()) {
      entries.sort((a, b) -> Comparison.order(a.getKey(), b.getKey(), "<", out.meter()));
    }
    out.append("{");
    for (int i = 0; i < entries.size(); i++) {
      beforeItem(i, level + 1);
      Value key = entries.get(i).getKey();
      writeString(key instanceof StrValue text ? text.value() : scalar(key));
      out.append(style.keySeparator());
      write(entries.get(i).getValue(), level + 1);
    }
    afterItems(entries.size(), level);
    out.append("}");
  }

  private void beforeItem(int place, int level) {
    if (place > 0) {
      out.append(style.itemSeparator());
    }
    newLine(level);
  }

  private void afterItems(int count, int level) {
    if (count > 0) {
      newLine(level);
    }
  }

  private void newLine(int level) {
    if (style.indent() != null) {
      out.append("\n").append(style.indent(), level);
    }
  }

  private void writeString(String text) {
    out.meter().characters(text.length());
    StringBuilder escaped = new StringBuilder(text.length() + 2).append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> escaped.append("\\\"");
        case '\\' -> escaped.append("\\\\");
        case '\n' -> escaped.append("\\n");
        case '\r' -> escaped.append("\\r");
        case '\t' -> escaped.append("\\t");
        case '\b' -> escaped.append("\\b");
        case '\f' -> escaped.append("\\f");
        default -> {
          if (c < ' ' || (style.ensureAscii() && c > '~')) {
            escaped.append(String.format("\\u%04x", (int) c));
          } else {
            escaped.append(c);
          }
        }
      }
    }
    out.append(escaped.append('"').toString());
  }
}
