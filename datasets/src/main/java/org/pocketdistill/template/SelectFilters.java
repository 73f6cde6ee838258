package org.pocketdistill.template;

import static java.util.Map.entry;

import java.util.Iterator;
import java.util.Map;
import java.util.function.Function;

/** Filters that apply another filter or a test to each element, as the elements are asked for. */
final class SelectFilters {
  static final Map<String, Filter> ALL =
      Map.ofEntries(
          entry("map", SelectFilters::map),
          entry("reject", (value, arguments, run) -> select(value, arguments, run, false)),
          entry("rejectattr", (value, arguments, run) -> selectAttr(value, arguments, run, false)),
          entry("select", (value, arguments, run) -> select(value, arguments, run, true)),
          entry("selectattr", (value, arguments, run) -> selectAttr(value, arguments, run, true)));

  private SelectFilters() {}

  private static Value map(Value value, CallArguments arguments, Run run) {
    if (arguments.positional().isEmpty()) {
      CallArguments.Bound bound = arguments.bind("map", "attribute", "default");
      Value missing = bound.given(1) ? bound.get(1) : null;
      return Iteration.mapped(value, AttributePath.of(bound.get(0), missing, run), run.meter());
    }
    Filter filter = Filters.named(name("map", arguments));
    CallArguments rest = arguments.rest();
    return Iteration.mapped(value, item -> filter.apply(item, rest, run), run.meter());
  }

  private static String name(String filter, CallArguments arguments) {
    if (arguments.positional().get(0) instanceof StrValue text) {
      return text.value();
    }
    throw new Failure(filter + ": expected the name of a filter or test");
  }

  private static Value select(Value value, CallArguments arguments, Run run, boolean wanted) {
    return selected(value, Function.identity(), arguments, run, wanted);
  }

  private static Value selectAttr(Value value, CallArguments arguments, Run run, boolean wanted) {
    if (arguments.positional().isEmpty()) {
      throw new Failure("Missing parameter for attribute name");
    }
    Function<Value, Value> attribute = AttributePath.of(arguments.positional().get(0), null, run);
    return selected(value, attribute, arguments.rest(), run, wanted);
  }

  private static Value selected(
      Value value,
      Function<Value, Value> attribute,
      CallArguments arguments,
      Run run,
      boolean wanted) {
    Iterator<Value> items = Iteration.of(value.truthy() ? value : ListValue.tuple(), run.meter());
    if (arguments.positional().isEmpty()) {
      return new GeneratorValue(
          Iteration.filtered(items, item -> attribute.apply(item).truthy() == wanted));
    }
    Test test = Tests.named(name("select", arguments));
    CallArguments rest = arguments.rest();
    return new GeneratorValue(
        Iteration.filtered(items, item -> test.holds(attribute.apply(item), rest, run) == wanted));
  }
}
