package org.pocketdistill.template;

/**
 * A piece of a template's source.
 *
 * @param text what it says: a string without its quotes, a number without underscores
 */
record Token(Kind kind, String text, int line) {
  /** What it is. */
  enum Kind {
    DATA,
    PRINT_BEGIN,
    PRINT_END,
    BLOCK_BEGIN,
    BLOCK_END,
    NAME,
    STRING,
    INTEGER,
    FLOAT,
    OPERATOR,
    END
  }

  boolean isName(String name) {
    return kind == Kind.NAME && text.equals(name);
  }

  boolean isOperator(String symbol) {
    return kind == Kind.OPERATOR && text.equals(symbol);
  }

  /** For messages. */
  String described() {
    return switch (kind) {
      case END -> "the end of the template";
      case PRINT_BEGIN, PRINT_END, BLOCK_BEGIN, BLOCK_END -> "'" + text.strip() + "'";
      case STRING -> "the string '" + text + "'";
      default -> "'" + text + "'";
    };
  }
}
