package org.pocketdistill.template;

import java.math.BigInteger;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The functions that every template has. */
final class Globals {
  /** Jinja's sandbox has the same. */
  private static final int MAX_RANGE = 100_000;

  static final Map<String, Value> ALL =
      Map.of(
          "range", new FunctionValue("range", Globals::range),
          "dict", new FunctionValue("dict", (arguments, run) -> dict(arguments)),
          "namespace", new FunctionValue("namespace", (arguments, run) -> namespace(arguments)),
          "raise_exception", new FunctionValue("raise_exception", Globals::raiseException),
          "strftime_now", new FunctionValue("strftime_now", Globals::strftimeNow));

  /** Jinja's others, which are refused rather than undefined. */
  static final List<String> UNSUPPORTED = List.of("cycler", "joiner", "lipsum", "self");

  private Globals() {}

  private static Value range(CallArguments arguments, Run run) {
    int given = arguments.positional().size();
    CallArguments.Bound bound = arguments.bind("range", "start", "stop", "step");
    long start = given < 2 ? 0 : whole(bound.get(0));
    long stop = whole(bound.get(given < 2 ? 0 : 1));
    long step = given < 3 ? 1 : whole(bound.get(2));
    if (step == 0) {
      throw new Failure("range() arg 3 must not be zero");
    }
    long size = Math.max(0, Math.floorDiv(stop - start + step - Long.signum(step), step));
    if (size > MAX_RANGE) {
      throw new Failure("a range of more than " + MAX_RANGE + " elements");
    }
    run.meter().steps(size);
    List<Value> items = new ArrayList<>();
    for (long i = 0; i < size; i++) {
      items.add(IntValue.of(start + i * step));
    }
    return new ListValue(items, ListValue.Kind.RANGE);
  }

  private static long whole(Value value) {
    if (value instanceof NumberValue number && !number.isFloat()) {
      BigInteger whole = number.asInteger();
      if (whole.bitLength() < Integer.SIZE) {
        return whole.longValueExact();
      }
      throw new Failure("range: " + whole + " is too large");
    }
    if (value instanceof UndefinedValue undefined) {
      throw undefined.failure();
    }
    throw new Failure("range: expected whole numbers, found '" + value.type() + "'");
  }

  private static Value dict(CallArguments arguments) {
    Map<Value, Value> entries = new LinkedHashMap<>();
    if (arguments.positional().size() > 1) {
      throw new Failure("dict expected at most 1 argument");
    }
    if (!arguments.positional().isEmpty()) {
      if (!(arguments.positional().get(0) instanceof DictValue given)) {
        throw new Failure("dict: only a dict or keyword arguments are supported");
      }
      entries.putAll(given.entries());
    }
    arguments.named().forEach((name, value) -> entries.put(StrValue.of(name), value));
    return new DictValue(entries);
  }

  private static Value namespace(CallArguments arguments) {
    DictValue given = (DictValue) dict(arguments);
    Map<String, Value> attributes = new LinkedHashMap<>();
    given
        .entries()
        .forEach(
            (key, value) -> {
              if (key instanceof StrValue name) {
                attributes.put(name.value(), value);
              }
            });
    return new NamespaceValue(attributes);
  }

  private static Value raiseException(CallArguments arguments, Run run) {
    Value message = arguments.bind("raise_exception", "message").get(0);
    throw Failure.raised(message.string(run.meter()));
  }

  private static Value strftimeNow(CallArguments arguments, Run run) {
    String format = arguments.bind("strftime_now", "format").text(0);
    run.meter().characters(format.length() * 16L);
    return StrValue.of(Strftime.format(format, LocalDateTime.now(run.clock())));
  }
}
