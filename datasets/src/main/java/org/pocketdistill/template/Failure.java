package org.pocketdistill.template;

/** Something went wrong at a place that is known further out, where it is added. */
final class Failure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean raised;

  private Failure(String reason, boolean raised) {
    super(reason, null, false, false);
    this.raised = raised;
  }

  Failure(String reason) {
    this(reason, false);
  }

  /** What the template says itself. */
  static Failure raised(String message) {
    return new Failure(message, true);
  }

  /** An operation that Python's types do not have. */
  static Failure unsupported(String operator, Value left, Value right) {
    return new Failure(
        "unsupported operand types for %s: '%s' and '%s'"
            .formatted(operator, left.type(), right.type()));
  }

  boolean raised() {
    return raised;
  }
}
