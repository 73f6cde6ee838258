package org.pocketdistill.template;

import static java.util.Map.entry;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Map;
import java.util.regex.Pattern;
import org.pocketdistill.template.CallArguments.Bound;

/** Filters on numbers and on values of any type. */
final class ValueFilters {
  static final Map<String, Filter> ALL =
      Map.ofEntries(
          entry("abs", (value, arguments, run) -> abs(value)),
          entry("d", (value, arguments, run) -> orDefault(value, arguments)),
          entry("default", (value, arguments, run) -> orDefault(value, arguments)),
          entry("float", (value, arguments, run) -> toFloat(value, arguments)),
          entry("int", (value, arguments, run) -> toInt(value, arguments)),
          entry("round", (value, arguments, run) -> round(value, arguments)),
          entry("tojson", ValueFilters::toJson));

  private static final Pattern WHOLE = Pattern.compile("[+-]?[0-9]++(?:_[0-9]++)*+");
  private static final Pattern FLOAT =
      Pattern.compile(
          "[+-]?(?:[0-9]++(?:_[0-9]++)*+\\.?+(?:[0-9]++(?:_[0-9]++)*+)?+|\\.[0-9]++(?:_[0-9]++)*+)"
              + "(?:[eE][+-]?[0-9]++)?+");

  private ValueFilters() {}

  private static Value orDefault(Value value, CallArguments arguments) {
    Bound bound = arguments.bind("default", "default_value", "boolean");
    boolean missing = value instanceof UndefinedValue || (bound.flag(1, false) && !value.truthy());
    return missing ? bound.get(0, StrValue.EMPTY) : value;
  }

  private static Value abs(Value value) {
    if (value instanceof FloatValue number) {
      return new FloatValue(Math.abs(number.value()));
    }
    if (value instanceof NumberValue number) {
      return new IntValue(number.asInteger().abs());
    }
    throw value instanceof UndefinedValue undefined
        ? undefined.failure()
        : new Failure("bad operand type for abs(): '%s'".formatted(value.type()));
  }

  private static Value toInt(Value value, CallArguments arguments) {
    Bound bound = arguments.bind("int", "default", "base");
    if (bound.whole(1, 10) != 10) {
      throw new Failure("the filter 'int' with another base than 10 is not supported");
    }
    if (value instanceof StrValue text) {
      String digits = StrMethods.stripped(text.value(), null, true, true);
      if (WHOLE.matcher(digits).matches() && digits.length() <= IntValue.MAX_BITS / 3) {
        return new IntValue(new BigInteger(digits.replace("_", "").replaceFirst("^\\+", "")));
      }
    }
    Value number = number(value);
    if (number instanceof FloatValue real) {
      boolean finite = !Double.isNaN(real.value()) && !Double.isInfinite(real.value());
      return finite ? new IntValue(real.asInteger()) : bound.get(0, IntValue.of(0));
    }
    return number instanceof NumberValue whole
        ? new IntValue(whole.asInteger())
        : bound.get(0, IntValue.of(0));
  }

  private static Value toFloat(Value value, CallArguments arguments) {
    Value missing = arguments.bind("float", "default").get(0, new FloatValue(0));
    return number(value) instanceof NumberValue number
        ? new FloatValue(number.asDouble())
        : missing;
  }

  /** The value as a number, a string read as a float; None if it is none. */
  private static Value number(Value value) {
    if (value instanceof UndefinedValue undefined) {
      throw undefined.failure();
    }
    if (value instanceof NumberValue) {
      return value;
    }
    if (value instanceof StrValue text) {
      String digits = StrMethods.stripped(text.value(), null, true, true);
      if (FLOAT.matcher(digits).matches()) {
        return new FloatValue(Double.parseDouble(digits.replace("_", "")));
      }
      String name = Casing.lower(digits).replaceFirst("^[+-]", "");
      double sign = digits.startsWith("-") ? -1 : 1;
      if (name.equals("nan")) {
        return new FloatValue(Double.NaN);
      }
      if (name.equals("inf") || name.equals("infinity")) {
        return new FloatValue(sign * Double.POSITIVE_INFINITY);
      }
    }
    return NoneValue.NONE;
  }

  private static Value round(Value value, CallArguments arguments) {
    Bound bound = arguments.bind("round", "precision", "method");
    int precision = bound.whole(0, 0);
    String method = bound.text(1, "common");
    if (!(value instanceof NumberValue number)) {
      throw value instanceof UndefinedValue undefined
          ? undefined.failure()
          : new Failure("round: expected a number, found '%s'".formatted(value.type()));
    }
    if (Math.abs(precision) > 300) {
      throw new Failure("round: a precision of " + precision);
    }
    return switch (method) {
      case "common" -> rounded(number, precision);
      case "ceil", "floor" -> {
        double scale = Math.pow(10, precision);
        double scaled = number.asDouble() * scale;
        yield new FloatValue(
            (method.equals("ceil") ? Math.ceil(scaled) : Math.floor(scaled)) / scale);
      }
      default -> throw new Failure("round: method must be common, ceil or floor");
    };
  }

  /** Half to even, of the number as it is stored. */
  private static Value rounded(NumberValue number, int precision) {
    double value = number.asDouble();
    if (number.isFloat() && (Double.isNaN(value) || Double.isInfinite(value))) {
      return number;
    }
    BigDecimal exact =
        number.isFloat() ? new BigDecimal(value) : new BigDecimal(number.asInteger());
    BigDecimal rounded = exact.setScale(precision, RoundingMode.HALF_EVEN);
    if (!number.isFloat()) {
      return new IntValue(rounded.toBigInteger());
    }
    return new FloatValue(Math.copySign(rounded.doubleValue(), value));
  }

  private static Value toJson(Value value, CallArguments arguments, Run run) {
    Bound bound = arguments.bind("tojson", "ensure_ascii", "indent", "separators", "sort_keys");
    String indent = bound.given(1) ? indent(bound, run.meter()) : null;
    String item = indent == null ? ", " : ",";
    String key = ": ";
    if (bound.given(2)) {
      if (!(bound.get(2) instanceof ListValue pair)
          || pair.items().size() != 2
          || !(pair.items().get(0) instanceof StrValue first)
          || !(pair.items().get(1) instanceof StrValue second)) {
        throw new Failure("tojson: separators: expected two strings");
      }
      item = first.value();
      key = second.value();
    }
    JsonText.Style style =
        new JsonText.Style(bound.flag(0, false), indent, item, key, bound.flag(3, false));
    return StrValue.of(JsonText.of(value, style, run.meter()));
  }

  private static String indent(Bound bound, Meter meter) {
    return bound.get(1) instanceof StrValue text
        ? text.value()
        : new Text(meter).append(" ", Math.max(0, bound.whole(1))).toString();
  }
}
