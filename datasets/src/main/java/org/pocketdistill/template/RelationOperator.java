package org.pocketdistill.template;

/** Python's comparisons. */
enum RelationOperator {
  EQUAL("=="),
  UNEQUAL("!="),
  LESS("<"),
  AT_MOST("<="),
  GREATER(">"),
  AT_LEAST(">="),
  IN("in"),
  NOT_IN("not in");

  private final String symbol;

  RelationOperator(String symbol) {
    this.symbol = symbol;
  }

  String symbol() {
    return symbol;
  }

  boolean holds(Value left, Value right, Meter meter) {
    return switch (this) {
      case EQUAL -> Comparison.equal(left, right, meter);
      case UNEQUAL -> !Comparison.equal(left, right, meter);
      case IN -> Comparison.contains(right, left, meter);
      case NOT_IN -> !Comparison.contains(right, left, meter);
      default -> isOrdered(left, right, meter);
    };
  }

  private boolean isOrdered(Value left, Value right, Meter meter) {
    int order = Comparison.order(left, right, symbol, meter);
    if (isNaN(left) || isNaN(right)) {
      return false;
    }
    return switch (this) {
      case LESS -> order < 0;
      case AT_MOST -> order <= 0;
      case GREATER -> order > 0;
      default -> order >= 0;
    };
  }

  private static boolean isNaN(Value value) {
    return value instanceof NumberValue number && number.isNaN();
  }
}
