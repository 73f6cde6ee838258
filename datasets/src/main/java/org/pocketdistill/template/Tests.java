package org.pocketdistill.template;

import static java.util.Map.entry;

import java.util.Map;
import java.util.TreeSet;

/** Jinja's tests by name. */
final class Tests {
  private static final Map<String, Test> ALL =
      Map.ofEntries(
          entry("boolean", (v, a, run) -> v instanceof BoolValue),
          entry("callable", (v, a, run) -> isCallable(v)),
          entry("defined", (v, a, run) -> !(v instanceof UndefinedValue)),
          entry("divisibleby", (v, a, run) -> isMultiple(v, other("divisibleby", a), run)),
          entry("even", (v, a, run) -> isMultiple(v, IntValue.of(2), run)),
          entry("false", (v, a, run) -> v == BoolValue.FALSE),
          entry("filter", (v, a, run) -> Filters.exists(v.string(run.meter()))),
          entry("float", (v, a, run) -> v instanceof FloatValue),
          entry("integer", (v, a, run) -> v instanceof IntValue),
          entry("iterable", (v, a, run) -> Iteration.isIterable(v)),
          entry("lower", (v, a, run) -> isCase(v, run, true)),
          entry("mapping", (v, a, run) -> v instanceof DictValue),
          entry("none", (v, a, run) -> v instanceof NoneValue),
          entry("number", (v, a, run) -> v instanceof NumberValue),
          entry("odd", (v, a, run) -> !isMultiple(v, IntValue.of(2), run)),
          entry("sameas", (v, a, run) -> isSame(v, other("sameas", a))),
          entry("sequence", (v, a, run) -> isSequence(v)),
          entry("string", (v, a, run) -> v instanceof StrValue),
          entry("test", (v, a, run) -> exists(v.string(run.meter()))),
          entry("true", (v, a, run) -> v == BoolValue.TRUE),
          entry("undefined", (v, a, run) -> v instanceof UndefinedValue),
          entry("upper", (v, a, run) -> isCase(v, run, false)),
          entry("in", relation(RelationOperator.IN)),
          entry("eq", relation(RelationOperator.EQUAL)),
          entry("equalto", relation(RelationOperator.EQUAL)),
          entry("==", relation(RelationOperator.EQUAL)),
          entry("ne", relation(RelationOperator.UNEQUAL)),
          entry("!=", relation(RelationOperator.UNEQUAL)),
          entry("lt", relation(RelationOperator.LESS)),
          entry("lessthan", relation(RelationOperator.LESS)),
          entry("<", relation(RelationOperator.LESS)),
          entry("le", relation(RelationOperator.AT_MOST)),
          entry("<=", relation(RelationOperator.AT_MOST)),
          entry("gt", relation(RelationOperator.GREATER)),
          entry("greaterthan", relation(RelationOperator.GREATER)),
          entry(">", relation(RelationOperator.GREATER)),
          entry("ge", relation(RelationOperator.AT_LEAST)),
          entry(">=", relation(RelationOperator.AT_LEAST)));

  private Tests() {}

  /**
   * The test.
   *
   * @throws Failure if there is none of that name
   */
  static Test named(String name) {
    Test test = ALL.get(name);
    if (test == null) {
      throw new Failure(
          "unknown test '%s'; known are %s"
              .formatted(name, String.join(", ", new TreeSet<>(ALL.keySet()))));
    }
    return test;
  }

  private static boolean exists(String name) {
    return ALL.containsKey(name);
  }

  /** What is undefined is callable too, for its call says why it is undefined. */
  private static boolean isCallable(Value value) {
    return value instanceof CallableValue
        || value instanceof UndefinedValue
        || value instanceof LoopValue;
  }

  private static Value other(String name, CallArguments arguments) {
    return arguments.bind(name, "other").get(0);
  }

  private static Test relation(RelationOperator operator) {
    return (value, arguments, run) ->
        operator.holds(value, other(operator.symbol(), arguments), run.meter());
  }

  private static boolean isMultiple(Value value, Value of, Run run) {
    Value rest = Arithmetic.apply(Arithmetic.Operator.MODULO, value, of, run.meter());
    return !rest.truthy();
  }

  private static boolean isCase(Value value, Run run, boolean lower) {
    String text = value.string(run.meter());
    run.meter().scan(text.length());
    boolean hasCase =
        text.codePoints().anyMatch(c -> Character.isUpperCase(c) || Character.isLowerCase(c));
    return hasCase && text.equals(lower ? Casing.lower(text) : Casing.upper(text));
  }

  private static boolean isSame(Value value, Value other) {
    boolean single = other instanceof NoneValue || other instanceof BoolValue;
    if (!single) {
      throw new Failure("the test 'sameas' is supported for None, true and false only");
    }
    return value == other;
  }

  private static boolean isSequence(Value value) {
    return value instanceof StrValue
        || value instanceof DictValue
        || value instanceof UndefinedValue
        || (value instanceof ListValue list && list.isSequence());
  }
}
