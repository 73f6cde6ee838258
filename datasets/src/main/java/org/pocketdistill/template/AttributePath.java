package org.pocketdistill.template;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Attributes that filters are told by name: {@code 'function.name'}, {@code 0}, {@code 'a,b'}. */
final class AttributePath {
  private AttributePath() {}

  /**
   * Picks an attribute, elements before methods.
   *
   * @param missing what stands for an undefined one; null for that itself
   */
  static Function<Value, Value> of(Value path, Value missing, Run run) {
    List<Value> parts = parts(path);
    return item -> {
      Value value = item;
      for (Value part : parts) {
        value = Elements.get(value, part, run.meter());
        if (missing != null && value instanceof UndefinedValue) {
          value = missing;
        }
      }
      return value;
    };
  }

  /** Picks one or several attributes, the latter as a list, each made what it is sorted by. */
  static Function<Value, Value> ofSeveral(Value path, Run run, Function<Value, Value> each) {
    List<Function<Value, Value>> keys = new ArrayList<>();
    if (path instanceof StrValue text) {
      for (String one : text.value().split(",", -1)) {
        keys.add(of(StrValue.of(one), null, run));
      }
    } else {
      keys.add(of(path, null, run));
    }
    return item -> ListValue.list(keys.stream().map(key -> each.apply(key.apply(item))).toList());
  }

  private static List<Value> parts(Value path) {
    if (path instanceof IntValue) {
      return List.of(path);
    }
    if (!(path instanceof StrValue text)) {
      throw new Failure("an attribute: expected a str or int, found '%s'".formatted(path.type()));
    }
    List<Value> parts = new ArrayList<>();
    for (String part : text.value().split("\\.", -1)) {
      parts.add(
          part.matches("[0-9]{1,9}") ? new IntValue(new BigInteger(part)) : StrValue.of(part));
    }
    return parts;
  }
}
