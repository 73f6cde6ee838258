package org.pocketdistill.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;

/** Python's arithmetic operators. */
final class Arithmetic {
  private static final MathContext QUOTIENT = new MathContext(40);

  private Arithmetic() {}

  static Value apply(Operator operator, Value left, Value right, Meter meter) {
    if (left instanceof UndefinedValue || right instanceof UndefinedValue) {
      throw Comparison.undefinedOr(left, right, new Failure(""));
    }
    if (left instanceof NumberValue a && right instanceof NumberValue b) {
      return a.isFloat() || b.isFloat() || operator == Operator.DIVIDE
          ? ofFloats(operator, a, b)
          : ofIntegers(operator, a.asInteger(), b.asInteger());
    }
    if (operator == Operator.ADD && left instanceof StrValue a && right instanceof StrValue b) {
      return concatenated(a, b, meter);
    }
    if (operator == Operator.ADD
        && left instanceof ListValue a
        && right instanceof ListValue b
        && a.kind() == b.kind()
        && a.isPlain()) {
      meter.steps(a.items().size() + (long) b.items().size());
      List<Value> items = new ArrayList<>(a.items());
      items.addAll(b.items());
      return new ListValue(items, a.kind());
    }
    if (operator == Operator.MULTIPLY) {
      return repeated(left, right, meter);
    }
    if (operator == Operator.MODULO && left instanceof StrValue) {
      throw new Failure("formatting with % is not supported");
    }
    throw Failure.unsupported(operator.symbol(), left, right);
  }

  private static Value concatenated(StrValue left, StrValue right, Meter meter) {
    meter.characters(left.value().length() + (long) right.value().length());
    if (left.markup() == right.markup()) {
      return new StrValue(left.value().concat(right.value()), left.markup());
    }
    String safeLeft = left.markup() ? left.value() : escaped(left.value(), meter);
    String safeRight = right.markup() ? right.value() : escaped(right.value(), meter);
    return new StrValue(safeLeft.concat(safeRight), true);
  }

  /** Escaped for HTML, as MarkupSafe does it. */
  static String escaped(String text, Meter meter) {
    Text out = new Text(meter);
    text.codePoints().forEach(c -> out.append(escaped(c)));
    return out.toString();
  }

  private static String escaped(int c) {
    return switch (c) {
      case '&' -> "&amp;";
      case '<' -> "&lt;";
      case '>' -> "&gt;";
      case '"' -> "&#34;";
      case '\'' -> "&#39;";
      default -> Character.toString(c);
    };
  }

  private static Value repeated(Value left, Value right, Meter meter) {
    if (left instanceof NumberValue && !(right instanceof NumberValue)) {
      return repeated(right, left, meter);
    }
    if (!(right instanceof NumberValue times) || times.isFloat()) {
      throw Failure.unsupported("*", left, right);
    }
    int count = count(times);
    if (left instanceof StrValue text) {
      return new StrValue(new Text(meter).append(text.value(), count).toString(), text.markup());
    }
    if (left instanceof ListValue list && list.isPlain()) {
      meter.steps((long) list.items().size() * count);
      List<Value> items = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        items.addAll(list.items());
      }
      return new ListValue(items, list.kind());
    }
    throw Failure.unsupported("*", left, right);
  }

  /** A number of times: never negative, and no more than an int. */
  static int count(NumberValue times) {
    BigInteger limited =
        times.asInteger().max(BigInteger.ZERO).min(BigInteger.valueOf(Integer.MAX_VALUE));
    return limited.intValueExact();
  }

  private static Value ofIntegers(Operator operator, BigInteger a, BigInteger b) {
    return switch (operator) {
      case ADD -> new IntValue(a.add(b));
      case SUBTRACT -> new IntValue(a.subtract(b));
      case MULTIPLY -> new IntValue(a.multiply(b));
      case FLOOR_DIVIDE -> new IntValue(floorDivide(a, b));
      case MODULO -> new IntValue(a.subtract(floorDivide(a, b).multiply(b)));
      case POWER -> power(a, b);
      case DIVIDE -> throw new IllegalStateException("a division of whole numbers gives a float");
    };
  }

  private static BigInteger floorDivide(BigInteger a, BigInteger b) {
    if (b.signum() == 0) {
      throw divisionByZero();
    }
    BigInteger[] quotient = a.divideAndRemainder(b);
    boolean below = quotient[1].signum() != 0 && quotient[1].signum() != b.signum();
    return below ? quotient[0].subtract(BigInteger.ONE) : quotient[0];
  }

  private static Value power(BigInteger a, BigInteger b) {
    if (b.signum() < 0) {
      return ofFloats(Operator.POWER, new IntValue(a), new IntValue(b));
    }
    if (a.bitLength() <= 1) {
      int exponent = a.signum() < 0 && b.testBit(0) ? 1 : b.signum() == 0 ? 0 : 2;
      return new IntValue(a.pow(exponent));
    }
    if (b.bitLength() > 16 || (long) (a.bitLength() - 1) * b.intValue() > IntValue.MAX_BITS) {
      throw new Failure("a whole number of more than " + IntValue.MAX_BITS + " bits");
    }
    return new IntValue(a.pow(b.intValueExact()));
  }

  private static Value ofFloats(Operator operator, NumberValue left, NumberValue right) {
    double a = left.asDouble();
    double b = right.asDouble();
    return switch (operator) {
      case ADD -> new FloatValue(a + b);
      case SUBTRACT -> new FloatValue(a - b);
      case MULTIPLY -> new FloatValue(a * b);
      case DIVIDE -> new FloatValue(quotient(left, right));
      case FLOOR_DIVIDE -> new FloatValue(floorDivide(a, b));
      case MODULO -> new FloatValue(modulo(a, b));
      case POWER -> power(a, b);
    };
  }

  private static double quotient(NumberValue left, NumberValue right) {
    if (right.asDouble() == 0) {
      throw divisionByZero();
    }
    if (left.isFloat() || right.isFloat()) {
      return left.asDouble() / right.asDouble();
    }
    return new BigDecimal(left.asInteger())
        .divide(new BigDecimal(right.asInteger()), QUOTIENT)
        .doubleValue();
  }

  private static double modulo(double a, double b) {
    if (b == 0) {
      throw divisionByZero();
    }
    double remainder = a % b;
    if (remainder == 0) {
      return Math.copySign(0.0, b);
    }
    return (remainder < 0) == (b < 0) ? remainder : remainder + b;
  }

  private static double floorDivide(double a, double b) {
    double modulo = modulo(a, b);
    double exact = (a - modulo) / b;
    double floor = Math.floor(exact);
    return exact - floor > 0.5 ? floor + 1 : floor;
  }

  private static Value power(double a, double b) {
    if (a == 0 && b < 0) {
      throw divisionByZero();
    }
    double power = Math.pow(a, b);
    if (Double.isNaN(power) && !Double.isNaN(a) && !Double.isNaN(b)) {
      throw new Failure("a power that is a complex number");
    }
    return new FloatValue(power);
  }

  private static Failure divisionByZero() {
    return new Failure("division by zero");
  }

  static Value negated(Value value) {
    if (value instanceof FloatValue number) {
      return new FloatValue(-number.value());
    }
    return new IntValue(number(value, "-").asInteger().negate());
  }

  static Value positive(Value value) {
    return value instanceof FloatValue ? value : new IntValue(number(value, "+").asInteger());
  }

  private static NumberValue number(Value value, String operator) {
    if (value instanceof NumberValue number) {
      return number;
    }
    throw Comparison.undefinedOr(
        value,
        value,
        new Failure("bad operand type for unary %s: '%s'".formatted(operator, value.type())));
  }

  /** The operators, by how they are written. */
  enum Operator {
    ADD("+"),
    SUBTRACT("-"),
    MULTIPLY("*"),
    DIVIDE("/"),
    FLOOR_DIVIDE("//"),
    MODULO("%"),
    POWER("**");

    private final String symbol;

    Operator(String symbol) {
      this.symbol = symbol;
    }

    String symbol() {
      return symbol;
    }
  }
}
