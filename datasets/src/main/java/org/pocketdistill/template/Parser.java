package org.pocketdistill.template;

import java.util.List;

/** Parses a whole template; on a failure, knows the line. */
final class Parser {
  private final Limits limits;
  private Lexer lexer;
  private TokenStream tokens;
  private boolean marksGeneration;

  Parser(Limits limits) {
    this.limits = limits;
  }

  /**
   * The statements of the template.
   *
   * @throws Failure at {@link #line}
   */
  List<Statement> parse(String source) {
    if (source.length() > limits.source()) {
      throw new Failure(
          "%d characters, expected at most %d".formatted(source.length(), limits.source()));
    }
    lexer = new Lexer(source);
    tokens = new TokenStream(lexer.tokens(), limits.nesting());
    StatementParser parser = new StatementParser(tokens);
    List<Statement> statements = parser.all();
    marksGeneration = parser.marksGeneration();
    return statements;
  }

  /** Whether the template has {@code generation} blocks. */
  boolean marksGeneration() {
    return marksGeneration;
  }

  int line() {
    return tokens != null ? tokens.line() : lexer != null ? lexer.line() : 1;
  }
}
