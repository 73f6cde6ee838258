package org.pocketdistill.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.pocketdistill.template.Expression.Arguments;
import org.pocketdistill.template.Token.Kind;

/** Parses operands: names and literals, what stands directly behind them, filters and tests. */
final class OperandParser {
  /** Attributes, calls and filters one behind the other: what they nest when they are evaluated. */
  private static final int MAX_CHAIN = 100;

  private static final Expression NONE = new Expression.Literal(NoneValue.NONE);

  private final TokenStream tokens;
  private final Names names;
  private final ExpressionParser expressions;

  OperandParser(TokenStream tokens, Names names, ExpressionParser expressions) {
    this.tokens = tokens;
    this.names = names;
    this.expressions = expressions;
  }

  /** A name, a literal, or an expression in brackets. */
  Expression primary() {
    return switch (tokens.current().kind()) {
      case NAME -> name(tokens.take().text());
      case STRING -> string();
      case INTEGER, FLOAT -> new Expression.Literal(ExpressionParser.number(tokens.take()));
      default -> bracketed();
    };
  }

  private Expression bracketed() {
    if (tokens.skipOperator("(")) {
      return parenthesized();
    }
    if (tokens.skipOperator("[")) {
      return new Expression.ListOf(items("]"), ListValue.Kind.LIST);
    }
    if (tokens.skipOperator("{")) {
      return dict();
    }
    throw tokens.unexpected("an expression");
  }

  private Expression name(String name) {
    return switch (name) {
      case "true", "True" -> new Expression.Literal(BoolValue.TRUE);
      case "false", "False" -> new Expression.Literal(BoolValue.FALSE);
      case "none", "None" -> NONE;
      default -> {
        names.used(name);
        yield new Expression.Name(name);
      }
    };
  }

  private Expression string() {
    StringBuilder text = new StringBuilder();
    while (tokens.is(Kind.STRING)) {
      text.append(tokens.take().text());
    }
    return new Expression.Literal(StrValue.of(text.toString()));
  }

  private Expression parenthesized() {
    if (tokens.skipOperator(")")) {
      return new Expression.ListOf(List.of(), ListValue.Kind.TUPLE);
    }
    Expression inside = expressions.parseTuple(true);
    tokens.expectOperator(")");
    return inside;
  }

  private List<Expression> items(String end) {
    List<Expression> items = new ArrayList<>();
    while (!tokens.isOperator(end)) {
      if (!items.isEmpty()) {
        tokens.expectOperator(",");
        if (tokens.isOperator(end)) {
          break;
        }
      }
      items.add(expressions.parse());
    }
    tokens.expectOperator(end);
    return items;
  }

  private Expression dict() {
    List<Expression> keysAndValues = new ArrayList<>();
    while (!tokens.isOperator("}")) {
      if (!keysAndValues.isEmpty()) {
        tokens.expectOperator(",");
        if (tokens.isOperator("}")) {
          break;
        }
      }
      keysAndValues.add(expressions.parse());
      tokens.expectOperator(":");
      keysAndValues.add(expressions.parse());
    }
    tokens.expectOperator("}");
    return new Expression.DictOf(keysAndValues);
  }

  /** Attributes, elements and calls behind an operand. */
  Expression postfix(Expression operand) {
    Expression value = operand;
    for (int links = 0; ; links++) {
      checkChain(links);
      if (tokens.isOperator(".")) {
        value = attribute(value, tokens.take().line());
      } else if (tokens.isOperator("[")) {
        value = element(value, tokens.take().line());
      } else if (tokens.isOperator("(")) {
        value = call(value);
      } else {
        return value;
      }
    }
  }

  private static void checkChain(int links) {
    if (links > MAX_CHAIN) {
      throw new Failure("more than " + MAX_CHAIN + " attributes, calls or filters in a row");
    }
  }

  private Expression call(Expression callee) {
    int line = tokens.line();
    if (callee instanceof Expression.Attribute method && !Attributes.isMethod(method.name())) {
      throw new Failure("unknown method '" + method.name() + "'");
    }
    return new Expression.Call(callee, expressions.arguments(), line);
  }

  private Expression attribute(Expression of, int line) {
    if (tokens.is(Kind.INTEGER)) {
      Expression place = new Expression.Literal(ExpressionParser.number(tokens.take()));
      return new Expression.Element(of, place, line);
    }
    String name = tokens.expectName();
    if (name.startsWith("__")) {
      throw new Failure("the attribute '" + name + "' is not open to templates");
    }
    return new Expression.Attribute(of, name, line);
  }

  private Expression element(Expression of, int line) {
    Expression from = tokens.isOperator(":") ? NONE : expressions.parse();
    if (tokens.skipOperator("]")) {
      return new Expression.Element(of, from, line);
    }
    if (tokens.isOperator(",")) {
      throw new Failure("an index of several parts is not supported");
    }
    tokens.expectOperator(":");
    Expression to = bound();
    Expression step = tokens.skipOperator(":") ? bound() : NONE;
    tokens.expectOperator("]");
    return new Expression.Slice(of, List.of(from, to, step), line);
  }

  private Expression bound() {
    return tokens.isOperator(":") || tokens.isOperator("]") ? NONE : expressions.parse();
  }

  /** Filters, tests and calls behind an operand. */
  Expression filters(Expression operand) {
    Expression value = operand;
    for (int links = 0; ; links++) {
      checkChain(links);
      if (tokens.skipOperator("|")) {
        value = filter(value);
      } else if (tokens.current().isName("is")) {
        value = test(value);
      } else if (tokens.isOperator("(")) {
        value = call(value);
      } else {
        return value;
      }
    }
  }

  /** A filter on a value, of which the name is next. */
  Expression filter(Expression input) {
    int line = tokens.line();
    String name = dottedName();
    Filter filter = Filters.named(name);
    Arguments arguments = tokens.isOperator("(") ? expressions.arguments() : Arguments.NONE;
    checkInner(name, arguments);
    return new Expression.Filtered(input, filter, arguments, line);
  }

  private String dottedName() {
    StringBuilder name = new StringBuilder(tokens.expectName());
    while (tokens.skipOperator(".")) {
      name.append('.').append(tokens.expectName());
    }
    return name.toString();
  }

  /** Filters and tests that a filter is to apply are looked up now, if they are literals. */
  private static void checkInner(String filter, Arguments arguments) {
    int place = Filters.placeOfInner(filter);
    if (place >= 0
        && arguments.positional().size() > place
        && arguments.positional().get(place) instanceof Expression.Literal literal
        && literal.value() instanceof StrValue name) {
      if (filter.equals("map")) {
        Filters.named(name.value());
      } else {
        Tests.named(name.value());
      }
    }
  }

  private Expression test(Expression input) {
    int line = tokens.take().line();
    boolean negated = tokens.skipName("not");
    String name = dottedName();
    Test test = Tests.named(name);
    Arguments arguments = Arguments.NONE;
    if (tokens.isOperator("(")) {
      arguments = expressions.arguments();
    } else if (startsArgument(tokens.current())) {
      arguments = new Arguments(List.of(postfix(primary())), Map.of());
    }
    Expression tested = new Expression.Tested(input, test, arguments, line);
    return negated ? new Expression.Not(tested) : tested;
  }

  private static boolean startsArgument(Token token) {
    if (token.isName("is")) {
      throw new Failure("tests cannot be chained with 'is'");
    }
    return switch (token.kind()) {
      case NAME -> !token.isName("else") && !token.isName("or") && !token.isName("and");
      case STRING, INTEGER, FLOAT -> true;
      default -> token.isOperator("[") || token.isOperator("{");
    };
  }
}
