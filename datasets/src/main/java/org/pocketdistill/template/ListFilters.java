package org.pocketdistill.template;

import static java.util.Map.entry;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.pocketdistill.template.CallArguments.Bound;

/** Filters on lists, dicts and whatever else can be gone through. */
final class ListFilters {
  static final Map<String, Filter> ALL =
      Map.ofEntries(
          entry("count", (value, arguments, run) -> length(value)),
          entry("dictsort", ListFilters::dictSort),
          entry("first", (value, arguments, run) -> first(value, run)),
          entry("items", (value, arguments, run) -> items(value, run)),
          entry("join", ListFilters::join),
          entry("last", (value, arguments, run) -> last(value, run)),
          entry("length", (value, arguments, run) -> length(value)),
          entry("list", (value, arguments, run) -> list(value, run)),
          entry("max", (value, arguments, run) -> extreme("max", value, arguments, run)),
          entry("min", (value, arguments, run) -> extreme("min", value, arguments, run)),
          entry("reverse", (value, arguments, run) -> reverse(value, run)),
          entry("sort", ListFilters::sort),
          entry("sum", ListFilters::sum),
          entry("unique", ListFilters::unique));

  private ListFilters() {}

  private static Value length(Value value) {
    if (value instanceof StrValue text) {
      return IntValue.of(CodePoints.length(text.value()));
    }
    if (value instanceof ListValue list) {
      return IntValue.of(list.items().size());
    }
    if (value instanceof DictValue dict) {
      return IntValue.of(dict.entries().size());
    }
    if (value instanceof UndefinedValue) {
      return IntValue.of(0);
    }
    throw new Failure("object of type '%s' has no len()".formatted(value.type()));
  }

  private static Value list(Value value, Run run) {
    return ListValue.list(Iteration.toList(value, run.meter()));
  }

  private static Value items(Value value, Run run) {
    if (value instanceof UndefinedValue) {
      return new GeneratorValue(Collections.emptyIterator());
    }
    if (!(value instanceof DictValue dict)) {
      throw new Failure(
          "can only get item pairs from a mapping, not a '%s'".formatted(value.type()));
    }
    run.meter().steps(dict.entries().size());
    return new GeneratorValue(CollectionMethods.pairs(dict).iterator());
  }

  private static Value first(Value value, Run run) {
    Iterator<Value> items = Iteration.of(value, run.meter());
    return items.hasNext()
        ? items.next()
        : new UndefinedValue("No first item, sequence was empty.");
  }

  private static Value last(Value value, Run run) {
    if (value instanceof GeneratorValue) {
      throw new Failure("'generator' object is not reversible");
    }
    List<Value> items = Iteration.toList(value, run.meter());
    return items.isEmpty()
        ? new UndefinedValue("No last item, sequence was empty.")
        : items.get(items.size() - 1);
  }

  private static Value reverse(Value value, Run run) {
    if (value instanceof StrValue text) {
      return StrValue.of(
          new StringBuilder(TextFilters.text(text, "reverse", run)).reverse().toString());
    }
    List<Value> items = Iteration.toList(value, run.meter());
    Collections.reverse(items);
    return new GeneratorValue(items.iterator());
  }

  private static Value join(Value value, CallArguments arguments, Run run) {
    Bound bound = arguments.bind("join", "d", "attribute");
    String separator = bound.get(0, StrValue.EMPTY).string(run.meter());
    Function<Value, Value> attribute =
        bound.given(1) ? AttributePath.of(bound.get(1), null, run) : Function.identity();
    Text out = new Text(run.meter());
    Iterator<Value> items = Iteration.of(value, run.meter());
    for (boolean more = false; items.hasNext(); more = true) {
      attribute.apply(items.next()).str(more ? out.append(separator) : out);
    }
    return StrValue.of(out.toString());
  }

  private static Value dictSort(Value value, CallArguments arguments, Run run) {
    Bound bound = arguments.bind("dictsort", "case_sensitive", "by", "reverse");
    if (!(value instanceof DictValue dict)) {
      throw new Failure("dictsort: expected a dict, found '%s'".formatted(value.type()));
    }
    String by = bound.text(1, "key");
    if (!by.equals("key") && !by.equals("value")) {
      throw new Failure("You can only sort by either \"key\" or \"value\"");
    }
    int place = by.equals("key") ? 0 : 1;
    List<Value> pairs = CollectionMethods.pairs(dict);
    Function<Value, Value> key = pair -> ((ListValue) pair).items().get(place);
    sort(pairs, folded(key, bound.flag(0, false)), bound.flag(2, false), run.meter());
    return ListValue.list(pairs);
  }

  private static Value sort(Value value, CallArguments arguments, Run run) {
    Bound bound = arguments.bind("sort", "reverse", "case_sensitive", "attribute");
    List<Value> items = Iteration.toList(value, run.meter());
    boolean caseSensitive = bound.flag(1, false);
    Function<Value, Value> key =
        bound.given(2)
            ? AttributePath.ofSeveral(
                bound.get(2),
                run,
                picked -> folded(Function.identity(), caseSensitive).apply(picked))
            : folded(Function.identity(), caseSensitive);
    sort(items, key, bound.flag(0, false), run.meter());
    return ListValue.list(items);
  }

  /** Stable both ways, as Python's. */
  private static void sort(
      List<Value> items, Function<Value, Value> key, boolean reverse, Meter meter) {
    record Keyed(Value key, Value item) {}
    List<Keyed> keyed = new ArrayList<>();
    items.forEach(item -> keyed.add(new Keyed(key.apply(item), item)));
    Comparator<Keyed> order = (a, b) -> Comparison.order(a.key(), b.key(), "<", meter);
    keyed.sort(reverse ? order.reversed() : order);
    for (int i = 0; i < keyed.size(); i++) {
      items.set(i, keyed.get(i).item());
    }
  }

  /** The key with strings in lower case, unless case counts. */
  private static Function<Value, Value> folded(Function<Value, Value> key, boolean caseSensitive) {
    return item -> {
      Value value = key.apply(item);
      return value instanceof StrValue text && !caseSensitive
          ? StrValue.of(Casing.lower(text.value()))
          : value;
    };
  }

  private static Value extreme(String name, Value value, CallArguments arguments, Run run) {
    Bound bound = arguments.bind(name, "case_sensitive", "attribute");
    Function<Value, Value> attribute =
        bound.given(1) ? AttributePath.of(bound.get(1), null, run) : Function.identity();
    Function<Value, Value> key = folded(attribute, bound.flag(0, false));
    Value best = null;
    for (Iterator<Value> items = Iteration.of(value, run.meter()); items.hasNext(); ) {
      Value item = items.next();
      if (best == null) {
        best = item;
      } else if (name.equals("min")
          ? Comparison.order(key.apply(item), key.apply(best), "<", run.meter()) < 0
          : Comparison.order(key.apply(item), key.apply(best), ">", run.meter()) > 0) {
        best = item;
      }
    }
    return best != null ? best : new UndefinedValue("No aggregated item, sequence was empty.");
  }

  private static Value sum(Value value, CallArguments arguments, Run run) {
    Bound bound = arguments.bind("sum", "attribute", "start");
    Function<Value, Value> attribute =
        bound.given(0) ? AttributePath.of(bound.get(0), null, run) : Function.identity();
    Value sum = bound.get(1, IntValue.of(0));
    if (sum instanceof StrValue) {
      throw new Failure("sum() can't sum strings [use ''.join(seq) instead]");
    }
    for (Iterator<Value> items = Iteration.of(value, run.meter()); items.hasNext(); ) {
      sum =
          Arithmetic.apply(
              Arithmetic.Operator.ADD, sum, attribute.apply(items.next()), run.meter());
    }
    return sum;
  }

  private static Value unique(Value value, CallArguments arguments, Run run) {
    Bound bound = arguments.bind("unique", "case_sensitive", "attribute");
    Function<Value, Value> attribute =
        bound.given(1) ? AttributePath.of(bound.get(1), null, run) : Function.identity();
    Function<Value, Value> key = folded(attribute, bound.flag(0, false));
    Set<Value> seen = new HashSet<>();
    Iterator<Value> items = Iteration.of(value, run.meter());
    return new GeneratorValue(Iteration.filtered(items, item -> seen.add(hashed(key.apply(item)))));
  }

  /** Equal numbers as one, whatever their types. */
  private static Value hashed(Value value) {
    if (value instanceof FloatValue real && real.value() == Math.rint(real.value())) {
      return Double.isInfinite(real.value()) ? real : new IntValue(real.asInteger());
    }
    if (value instanceof NumberValue number) {
      return number.isFloat() ? number : new IntValue(number.asInteger());
    }
    return DictValue.key(value);
  }
}
