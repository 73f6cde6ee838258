package org.pocketdistill.template;

import java.util.List;
import java.util.Map;

/** The values that something is called with. */
record CallArguments(List<Value> positional, Map<String, Value> named) {
  static final CallArguments NONE = new CallArguments(List.of(), Map.of());

  /**
   * The values by parameter, null where none is given.
   *
   * @param function for messages
   * @param parameters names, in order
   */
  Bound bind(String function, String... parameters) {
    if (positional.size() > parameters.length) {
      throw new Failure(
          "%s takes at most %d arguments, found %d"
              .formatted(function, parameters.length, positional.size()));
    }
    Value[] values = new Value[parameters.length];
    for (int i = 0; i < positional.size(); i++) {
      values[i] = positional.get(i);
    }
    named.forEach((name, value) -> values[place(function, parameters, name)] = value);
    return new Bound(function, parameters, values);
  }

  private int place(String function, String[] parameters, String name) {
    for (int i = 0; i < parameters.length; i++) {
      if (parameters[i].equals(name)) {
        if (i < positional.size()) {
          throw new Failure("%s got two values for '%s'".formatted(function, name));
        }
        return i;
      }
    }
    throw new Failure("%s got an unexpected keyword argument '%s'".formatted(function, name));
  }

  /** Without the first of the positional ones. */
  CallArguments rest() {
    return new CallArguments(positional.subList(1, positional.size()), named);
  }

  /** Arguments by parameter. */
  record Bound(String function, String[] parameters, Value[] values) {
    boolean has(int parameter) {
      return values[parameter] != null;
    }

    /** Whether a value other than None is given. */
    boolean given(int parameter) {
      return has(parameter) && !(values[parameter] instanceof NoneValue);
    }

    Value get(int parameter) {
      if (values[parameter] == null) {
        throw new Failure("%s misses the argument '%s'".formatted(function, parameters[parameter]));
      }
      return values[parameter];
    }

    Value get(int parameter, Value missing) {
      return has(parameter) ? values[parameter] : missing;
    }

    boolean flag(int parameter, boolean missing) {
      return has(parameter) ? values[parameter].truthy() : missing;
    }

    String text(int parameter) {
      if (get(parameter) instanceof StrValue text) {
        return text.value();
      }
      throw expected(parameter, "str");
    }

    String text(int parameter, String missing) {
      return given(parameter) ? text(parameter) : missing;
    }

    int whole(int parameter) {
      if (get(parameter) instanceof NumberValue number
          && !number.isFloat()
          && number.asInteger().bitLength() < Integer.SIZE) {
        return number.asInteger().intValueExact();
      }
      throw expected(parameter, "int");
    }

    int whole(int parameter, int missing) {
      return given(parameter) ? whole(parameter) : missing;
    }

    private Failure expected(int parameter, String type) {
      if (values[parameter] instanceof UndefinedValue undefined) {
        return undefined.failure();
      }
      return new Failure(
          "%s: '%s' is of type '%s', expected '%s'"
              .formatted(function, parameters[parameter], values[parameter].type(), type));
    }
  }
}
