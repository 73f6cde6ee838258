package org.pocketdistill.template;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/** Elements of values by place or key, and slices: {@code x[i]}, {@code x[a:b:c]}. */
final class Elements {
  private static final BigInteger LARGEST = BigInteger.valueOf(Integer.MAX_VALUE);

  private Elements() {}

  /** {@code value[index]}; undefined if there is no such element. */
  static Value get(Value value, Value index, Meter meter) {
    if (value instanceof UndefinedValue undefined) {
      throw undefined.failure();
    }
    if (value instanceof DictValue dict && DictValue.isKey(index)) {
      Value found = dict.entries().get(DictValue.key(index));
      if (found != null) {
        return found;
      }
    }
    if (index instanceof NumberValue place && !place.isFloat()) {
      Value found = at(value, place, meter);
      return found != null ? found : noElement(value, index, meter);
    }
    if (index instanceof StrValue name) {
      return Attributes.ofElement(value, name.value());
    }
    return noElement(value, index, meter);
  }

  private static Value noElement(Value value, Value index, Meter meter) {
    Text text = new Text(meter);
    index.repr(text);
    return new UndefinedValue("%s has no element %s".formatted(value.described(), text));
  }

  private static Value at(Value value, NumberValue place, Meter meter) {
    if (value instanceof ListValue list && list.isSequence()) {
      int at = absolute(place, list.items().size());
      return at < 0 ? null : list.items().get(at);
    }
    if (value instanceof StrValue text) {
      String string = text.value();
      meter.scan(string.length());
      int at = absolute(place, CodePoints.length(string));
      return at < 0
          ? null
          : StrValue.of(Character.toString(string.codePointAt(CodePoints.unit(string, at))));
    }
    return null;
  }

  /** Counted from the start; -1 if there is no such place. */
  private static int absolute(NumberValue place, int size) {
    BigInteger at = place.asInteger();
    if (at.signum() < 0) {
      at = at.add(BigInteger.valueOf(size));
    }
    return at.signum() < 0 || at.compareTo(BigInteger.valueOf(size)) >= 0 ? -1 : at.intValue();
  }

  /** {@code value[from:to:step]}; bounds are whole numbers or None. */
  static Value slice(Value value, Value from, Value to, Value step, Meter meter) {
    if (value instanceof UndefinedValue undefined) {
      throw undefined.failure();
    }
    int stride = bound(step, 1);
    if (stride == 0) {
      throw new Failure("slice step cannot be zero");
    }
    if (value instanceof StrValue text) {
      int[] characters = text.value().codePoints().toArray();
      meter.characters(characters.length);
      StringBuilder picked = new StringBuilder();
      for (int i : places(characters.length, from, to, stride)) {
        picked.appendCodePoint(characters[i]);
      }
      return new StrValue(picked.toString(), text.markup());
    }
    if (value instanceof ListValue list && list.isSequence()) {
      meter.steps(list.items().size());
      List<Value> picked = new ArrayList<>();
      for (int i : places(list.items().size(), from, to, stride)) {
        picked.add(list.items().get(i));
      }
      return new ListValue(picked, list.kind());
    }
    throw new Failure("'%s' object is not subscriptable with a slice".formatted(value.type()));
  }

  private static List<Integer> places(int size, Value from, Value to, int stride) {
    boolean forward = stride > 0;
    int low = forward ? 0 : -1;
    int high = forward ? size : size - 1;
    long start = clamped(bound(from, forward ? low : high), from, size, low, high);
    long end = clamped(bound(to, forward ? high : low), to, size, low, high);
    List<Integer> places = new ArrayList<>();
    for (long i = start; forward ? i < end : i > end; i += stride) {
      places.add((int) i);
    }
    return places;
  }

  private static long clamped(long place, Value given, int size, int low, int high) {
    long absolute = given instanceof NoneValue || place >= 0 ? place : place + size;
    return Math.max(low, Math.min(high, absolute));
  }

  private static int bound(Value value, int missing) {
    if (value instanceof NoneValue) {
      return missing;
    }
    if (value instanceof NumberValue number && !number.isFloat()) {
      return number.asInteger().max(LARGEST.negate()).min(LARGEST).intValueExact();
    }
    throw new Failure("slice indices must be integers or None, not '%s'".formatted(value.type()));
  }
}
