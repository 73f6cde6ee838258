package org.pocketdistill.template;

import java.util.List;
import org.pocketdistill.template.Token.Kind;

/** Tokens, one after the other. */
final class TokenStream {
  private final List<Token> tokens;
  private final int maxNesting;
  private int at;
  private int nesting;

  TokenStream(List<Token> tokens, int maxNesting) {
    this.tokens = tokens;
    this.maxNesting = maxNesting;
  }

  Token current() {
    return tokens.get(at);
  }

  Token following() {
    return tokens.get(Math.min(at + 1, tokens.size() - 1));
  }

  int line() {
    return current().line();
  }

  Token take() {
    Token token = current();
    at = Math.min(at + 1, tokens.size() - 1);
    return token;
  }

  boolean is(Kind kind) {
    return current().kind() == kind;
  }

  boolean isOperator(String symbol) {
    return current().isOperator(symbol);
  }

  boolean skipOperator(String symbol) {
    boolean here = isOperator(symbol);
    if (here) {
      take();
    }
    return here;
  }

  boolean skipName(String name) {
    boolean here = current().isName(name);
    if (here) {
      take();
    }
    return here;
  }

  void expectOperator(String symbol) {
    if (!skipOperator(symbol)) {
      throw unexpected("'" + symbol + "'");
    }
  }

  String expectName() {
    if (!is(Kind.NAME)) {
      throw unexpected("a name");
    }
    return take().text();
  }

  void expect(Kind kind, String described) {
    if (!is(kind)) {
      throw unexpected(described);
    }
    take();
  }

  Failure unexpected(String expected) {
    return new Failure("expected " + expected + ", found " + current().described());
  }

  /** Goes one level deeper; {@link #leave} goes back. */
  void enter() {
    if (++nesting > maxNesting) {
      throw new Failure("blocks and brackets nested more than " + maxNesting + " deep");
    }
  }

  void leave() {
    nesting--;
  }
}
