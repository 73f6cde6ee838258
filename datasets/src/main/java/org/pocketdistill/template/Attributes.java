package org.pocketdistill.template;

import java.util.Set;

/** Attributes of values: {@code x.name}. */
final class Attributes {
  /** What would change a value; Jinja's sandbox refuses it too. */
  private static final Set<String> LIST_MUTATORS =
      Set.of("append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort");

  private static final Set<String> DICT_MUTATORS =
      Set.of("clear", "pop", "popitem", "setdefault", "update");

  private Attributes() {}

  /** {@code value.name}: a method if the type has one of that name, otherwise an element. */
  static Value get(Value value, String name) {
    if (value instanceof UndefinedValue undefined) {
      throw undefined.failure();
    }
    Value own = own(value, name);
    if (own != null) {
      return own;
    }
    if (value instanceof DictValue dict) {
      Value found = dict.entries().get(StrValue.of(name));
      return found != null ? found : UndefinedValue.attribute(value, name);
    }
    return UndefinedValue.attribute(value, name);
  }

  /** {@code value['name']} where there is no such element. */
  static Value ofElement(Value value, String name) {
    if (name.startsWith("_")) {
      return UndefinedValue.attribute(value, name);
    }
    Value own = own(value, name);
    return own != null ? own : UndefinedValue.attribute(value, name);
  }

  private static Value own(Value value, String name) {
    if (value instanceof NamespaceValue namespace) {
      return namespace.attributes().get(name);
    }
    if (value instanceof LoopValue loop) {
      return loop.attribute(name);
    }
    if (value instanceof StrValue text) {
      return StrMethods.find(text, name);
    }
    if (value instanceof DictValue dict) {
      checkMutator(DICT_MUTATORS, value, name);
      return CollectionMethods.ofDict(dict, name);
    }
    if (value instanceof ListValue list && list.isPlain()) {
      if (list.kind() == ListValue.Kind.LIST) {
        checkMutator(LIST_MUTATORS, value, name);
      }
      return CollectionMethods.ofList(list, name);
    }
    return null;
  }

  /** Whether some type has a method of this name, if only to refuse it. */
  static boolean isMethod(String name) {
    return StrMethods.isKnown(name)
        || CollectionMethods.NAMES.contains(name)
        || LoopValue.METHODS.contains(name)
        || LIST_MUTATORS.contains(name)
        || DICT_MUTATORS.contains(name);
  }

  private static void checkMutator(Set<String> mutators, Value value, String name) {
    if (mutators.contains(name)) {
      throw new Failure(
          "'%s' would change a '%s', which a template must not do".formatted(name, value.type()));
    }
  }
}
