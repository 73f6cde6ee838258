package org.pocketdistill.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Function;
import java.util.function.Predicate;

/** Python's iteration: what a loop, a filter or {@code in} goes through. */
final class Iteration {
  private Iteration() {}

  /**
   * The elements, each of which counts as a step.
   *
   * @throws Failure if the value has none
   */
  static Iterator<Value> of(Value value, Meter meter) {
    if (value instanceof GeneratorValue generator) {
      return generator.items();
    }
    Iterator<Value> items = elements(value);
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return items.hasNext();
      }

      @Override
      public Value next() {
        meter.step();
        return items.next();
      }
    };
  }

  private static Iterator<Value> elements(Value value) {
    if (value instanceof ListValue list) {
      return list.items().iterator();
    }
    if (value instanceof DictValue dict) {
      return dict.entries().keySet().iterator();
    }
    if (value instanceof StrValue text) {
      return text.value()
          .codePoints()
          .mapToObj(c -> (Value) StrValue.of(Character.toString(c)))
          .iterator();
    }
    if (value instanceof UndefinedValue) {
      return Collections.emptyIterator();
    }
    throw new Failure("'%s' object is not iterable".formatted(value.type()));
  }

  /** Whether {@link #of} gives elements. */
  static boolean isIterable(Value value) {
    return value instanceof GeneratorValue
        || value instanceof ListValue
        || value instanceof DictValue
        || value instanceof StrValue
        || value instanceof UndefinedValue;
  }

  /** All elements in a list of its own. */
  static List<Value> toList(Value value, Meter meter) {
    List<Value> items = new ArrayList<>();
    of(value, meter).forEachRemaining(items::add);
    return items;
  }

  /** Elements computed as they are asked for; none of a false value, as Jinja's filters have it. */
  static GeneratorValue mapped(Value value, Function<Value, Value> function, Meter meter) {
    Iterator<Value> items = of(value.truthy() ? value : ListValue.tuple(), meter);
    return new GeneratorValue(
        new Iterator<>() {
          @Override
          public boolean hasNext() {
            return items.hasNext();
          }

          @Override
          public Value next() {
            return function.apply(items.next());
          }
        });
  }

  /** The elements that are wanted, each tested when it is asked for. */
  static Iterator<Value> filtered(Iterator<Value> items, Predicate<Value> wanted) {
    return new Iterator<>() {
      private Value upcoming;

      @Override
      public boolean hasNext() {
        while (upcoming == null && items.hasNext()) {
          Value item = items.next();
          upcoming = wanted.test(item) ? item : null;
        }
        return upcoming != null;
      }

      @Override
      public Value next() {
        if (!hasNext()) {
          throw new NoSuchElementException();
        }
        Value item = upcoming;
        upcoming = null;
        return item;
      }
    };
  }
}
