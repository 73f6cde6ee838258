package org.pocketdistill.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Methods of Python's dicts, lists and tuples that change nothing. */
final class CollectionMethods {
  static final Set<String> NAMES =
      Set.of("copy", "count", "get", "index", "items", "keys", "values");

  private CollectionMethods() {}

  /** The method; null if dicts have none of that name. */
  static FunctionValue ofDict(DictValue dict, String name) {
    Map<Value, Value> entries = dict.entries();
    return switch (name) {
      case "copy" -> view(name, dict);
      case "items" -> view(name, new ListValue(pairs(dict), ListValue.Kind.DICT_ITEMS));
      case "keys" ->
          view(name, new ListValue(List.copyOf(entries.keySet()), ListValue.Kind.DICT_KEYS));
      case "values" ->
          view(name, new ListValue(List.copyOf(entries.values()), ListValue.Kind.DICT_VALUES));
      case "get" -> new FunctionValue("dict.get", (arguments, run) -> get(dict, arguments));
      case "fromkeys" -> throw new Failure("'fromkeys' of a dict is not supported");
      default -> null;
    };
  }

  private static FunctionValue view(String name, Value result) {
    return new FunctionValue(
        "dict." + name,
        (arguments, run) -> {
          arguments.bind("dict." + name);
          return result;
        });
  }

  /** Keys and values, as tuples. */
  static List<Value> pairs(DictValue dict) {
    List<Value> pairs = new ArrayList<>(dict.entries().size());
    dict.entries().forEach((key, value) -> pairs.add(ListValue.tuple(key, value)));
    return pairs;
  }

  private static Value get(DictValue dict, CallArguments arguments) {
    if (!arguments.named().isEmpty()) {
      throw new Failure("dict.get takes no keyword arguments");
    }
    CallArguments.Bound bound = arguments.bind("dict.get", "key", "default");
    Value found = dict.entries().get(DictValue.key(bound.get(0)));
    return found != null ? found : bound.get(1, NoneValue.NONE);
  }

  /** The method; null if lists have none of that name. */
  static FunctionValue ofList(ListValue list, String name) {
    return switch (name) {
      case "copy" -> new FunctionValue("list.copy", (arguments, run) -> list);
      case "count" ->
          new FunctionValue(
              "list.count",
              (arguments, run) -> {
                Value wanted = arguments.bind("list.count", "value").get(0);
                return IntValue.of(
                    list.items().stream()
                        .filter(item -> Comparison.equal(item, wanted, run.meter()))
                        .count());
              });
      case "index" ->
          new FunctionValue("list.index", (arguments, run) -> index(list, arguments, run));
      default -> null;
    };
  }

  private static Value index(ListValue list, CallArguments arguments, Run run) {
    Value wanted = arguments.bind("list.index", "value").get(0);
    for (int i = 0; i < list.items().size(); i++) {
      if (Comparison.equal(list.items().get(i), wanted, run.meter())) {
        return IntValue.of(i);
      }
    }
    throw new Failure("list.index: the value is not in the list");
  }
}
