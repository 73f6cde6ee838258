package org.pocketdistill.template;

import java.util.List;
import java.util.Map;

/** Python's {@code ==}, {@code <} and {@code in}. */
final class Comparison {
  private Comparison() {}

  static boolean equal(Value left, Value right, Meter meter) {
    meter.step();
    if (left instanceof NumberValue a && right instanceof NumberValue b) {
      return !a.isNaN() && !b.isNaN() && NumberValue.compare(a, b) == 0;
    }
    if (left instanceof StrValue a && right instanceof StrValue b) {
      meter.scan(Math.min(a.value().length(), b.value().length()));
      return a.value().equals(b.value());
    }
    if (left instanceof ListValue a && right instanceof ListValue b) {
      return a.kind() == b.kind() && equalItems(a.items(), b.items(), meter);
    }
    if (left instanceof DictValue a && right instanceof DictValue b) {
      return equalEntries(a.entries(), b.entries(), meter);
    }
    return left == right || (left instanceof UndefinedValue && right instanceof UndefinedValue);
  }

  private static boolean equalItems(List<Value> left, List<Value> right, Meter meter) {
    if (left.size() != right.size()) {
      return false;
    }
    meter.enter();
    boolean equal = true;
    for (int i = 0; i < left.size() && equal; i++) {
      equal = equal(left.get(i), right.get(i), meter);
    }
    meter.leave();
    return equal;
  }

  private static boolean equalEntries(
      Map<Value, Value> left, Map<Value, Value> right, Meter meter) {
    if (left.size() != right.size()) {
      return false;
    }
    meter.enter();
    boolean equal = true;
    for (Map.Entry<Value, Value> entry : left.entrySet()) {
      Value other = right.get(entry.getKey());
      if (other == null || !equal(entry.getValue(), other, meter)) {
        equal = false;
        break;
      }
    }
    meter.leave();
    return equal;
  }

  /**
   * Negative if {@code left < right}, positive if {@code left > right}.
   *
   * @param operator for the message if there is no order between the two
   */
  static int order(Value left, Value right, String operator, Meter meter) {
    meter.step();
    if (left instanceof NumberValue a && right instanceof NumberValue b) {
      return NumberValue.compare(a, b);
    }
    if (left instanceof StrValue a && right instanceof StrValue b) {
      meter.scan(Math.min(a.value().length(), b.value().length()));
      return CodePoints.compare(a.value(), b.value());
    }
    if (left instanceof ListValue a
        && right instanceof ListValue b
        && a.kind() == b.kind()
        && a.isPlain()) {
      meter.enter();
      int order = orderItems(a.items(), b.items(), operator, meter);
      meter.leave();
      return order;
    }
    throw undefinedOr(
        left,
        right,
        new Failure(
            "'%s' not supported between instances of '%s' and '%s'"
                .formatted(operator, left.type(), right.type())));
  }

  private static int orderItems(List<Value> left, List<Value> right, String operator, Meter meter) {
    for (int i = 0; i < Math.min(left.size(), right.size()); i++) {
      if (!equal(left.get(i), right.get(i), meter)) {
        return order(left.get(i), right.get(i), operator, meter);
      }
    }
    return Integer.compare(left.size(), right.size());
  }

  /** The failure, or why one of the values is undefined. */
  static Failure undefinedOr(Value left, Value right, Failure failure) {
    if (left instanceof UndefinedValue undefined) {
      return undefined.failure();
    }
    return right instanceof UndefinedValue undefined ? undefined.failure() : failure;
  }

  /** Python's {@code item in container}. */
  static boolean contains(Value container, Value item, Meter meter) {
    if (container instanceof StrValue text) {
      if (!(item instanceof StrValue part)) {
        throw undefinedOr(
            item,
            item,
            new Failure(
                "'in <string>' requires a string as left operand, not '%s'"
                    .formatted(item.type())));
      }
      meter.scan(text.value().length());
      return text.value().contains(part.value());
    }
    if (container instanceof DictValue dict) {
      return dict.entries().containsKey(DictValue.key(item));
    }
    for (var items = Iteration.of(container, meter); items.hasNext(); ) {
      if (equal(items.next(), item, meter)) {
        return true;
      }
    }
    return false;
  }
}
