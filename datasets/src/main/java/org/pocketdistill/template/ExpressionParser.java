package org.pocketdistill.template;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.pocketdistill.template.Arithmetic.Operator;
import org.pocketdistill.template.Expression.Arguments;
import org.pocketdistill.template.Expression.Relation;
import org.pocketdistill.template.Expression.Term;
import org.pocketdistill.template.Token.Kind;

/** Parses expressions, in Jinja's grammar: each method a rank of operators, loosest first. */
final class ExpressionParser {
  private final TokenStream tokens;
  private final OperandParser operands;

  ExpressionParser(TokenStream tokens, Names names) {
    this.tokens = tokens;
    this.operands = new OperandParser(tokens, names, this);
  }

  OperandParser operands() {
    return operands;
  }

  /** One expression. */
  Expression parse() {
    return nested(this::conditional);
  }

  /** One expression that is not {@code a if b else c}, whose {@code if} would mean another. */
  Expression parseUnconditional() {
    return nested(this::or);
  }

  /** One expression, or several with commas between them: a tuple. */
  Expression parseTuple(boolean conditional) {
    Supplier<Expression> one = conditional ? this::parse : this::parseUnconditional;
    Expression first = one.get();
    if (!tokens.isOperator(",")) {
      return first;
    }
    List<Expression> items = new ArrayList<>(List.of(first));
    while (tokens.skipOperator(",") && !isTupleEnd()) {
      items.add(one.get());
    }
    return new Expression.ListOf(items, ListValue.Kind.TUPLE);
  }

  private boolean isTupleEnd() {
    return tokens.is(Kind.PRINT_END)
        || tokens.is(Kind.BLOCK_END)
        || tokens.isOperator(")")
        || tokens.current().isName("recursive");
  }

  private <T> T nested(Supplier<T> parser) {
    tokens.enter();
    T parsed = parser.get();
    tokens.leave();
    return parsed;
  }

  private Expression conditional() {
    Expression value = or();
    while (tokens.current().isName("if")) {
      int line = tokens.take().line();
      Expression condition = or();
      Expression otherwise =
          tokens.skipName("else")
              ? parse()
              : new Expression.Literal(
                  new UndefinedValue(
                      "the inline if-expression on line "
                          + line
                          + " evaluated to false and no else section was defined."));
      value = new Expression.Conditional(condition, value, otherwise);
    }
    return value;
  }

  private Expression or() {
    return either("or", true, this::and);
  }

  private Expression and() {
    return either("and", false, this::not);
  }

  private Expression either(String word, boolean decisive, Supplier<Expression> operand) {
    Expression first = operand.get();
    if (!tokens.current().isName(word)) {
      return first;
    }
    List<Expression> parts = new ArrayList<>(List.of(first));
    while (tokens.skipName(word)) {
      parts.add(operand.get());
    }
    return new Expression.Either(decisive, parts);
  }

  private Expression not() {
    if (tokens.skipName("not")) {
      return new Expression.Not(nested(this::not));
    }
    return compared();
  }

  private Expression compared() {
    Expression first = sum();
    List<Relation> relations = new ArrayList<>();
    int line = tokens.line();
    for (var next = relation(); next.isPresent(); next = relation()) {
      relations.add(new Relation(next.get(), sum(), line));
      line = tokens.line();
    }
    return relations.isEmpty() ? first : new Expression.Compared(first, relations);
  }

  private Optional<RelationOperator> relation() {
    if (tokens.current().isName("not") && tokens.following().isName("in")) {
      tokens.take();
      tokens.take();
      return Optional.of(RelationOperator.NOT_IN);
    }
    for (RelationOperator operator : RelationOperator.values()) {
      String symbol = operator.symbol();
      if (operator == RelationOperator.IN ? tokens.skipName(symbol) : tokens.skipOperator(symbol)) {
        return Optional.of(operator);
      }
    }
    return Optional.empty();
  }

  private Expression sum() {
    return computed(List.of(Operator.ADD, Operator.SUBTRACT), this::joined);
  }

  private Expression joined() {
    Expression first = product();
    if (!tokens.isOperator("~")) {
      return first;
    }
    List<Expression> parts = new ArrayList<>(List.of(first));
    while (tokens.skipOperator("~")) {
      parts.add(product());
    }
    return new Expression.Joined(parts);
  }

  private Expression product() {
    return computed(
        List.of(Operator.MULTIPLY, Operator.DIVIDE, Operator.FLOOR_DIVIDE, Operator.MODULO),
        this::power);
  }

  private Expression power() {
    return computed(List.of(Operator.POWER), () -> signed(true));
  }

  private Expression computed(List<Operator> operators, Supplier<Expression> operand) {
    Expression first = operand.get();
    List<Term> terms = new ArrayList<>();
    while (true) {
      Optional<Operator> operator =
          operators.stream().filter(o -> tokens.isOperator(o.symbol())).findFirst();
      if (operator.isEmpty()) {
        return terms.isEmpty() ? first : new Expression.Computed(first, terms);
      }
      int line = tokens.take().line();
      terms.add(new Term(operator.get(), operand.get(), line));
    }
  }

  /** A sign binds tighter than a filter: {@code -1|abs} is {@code (-1)|abs}. */
  private Expression signed(boolean filters) {
    Expression value;
    if (tokens.isOperator("-") || tokens.isOperator("+")) {
      Token sign = tokens.take();
      Expression number = nested(() -> signed(false));
      value = new Expression.Signed(sign.text().equals("-"), number, sign.line());
    } else {
      value = operands.primary();
    }
    value = operands.postfix(value);
    return filters ? operands.filters(value) : value;
  }

  /** What stands in the brackets of a call. */
  Arguments arguments() {
    tokens.expectOperator("(");
    List<Expression> positional = new ArrayList<>();
    Map<String, Expression> named = new LinkedHashMap<>();
    while (!tokens.isOperator(")")) {
      if (!positional.isEmpty() || !named.isEmpty()) {
        tokens.expectOperator(",");
        if (tokens.isOperator(")")) {
          break;
        }
      }
      argument(positional, named);
    }
    tokens.expectOperator(")");
    return new Arguments(positional, named);
  }

  private void argument(List<Expression> positional, Map<String, Expression> named) {
    if (tokens.isOperator("*") || tokens.isOperator("**")) {
      throw new Failure("arguments from a list or a dict (* and **) are not supported");
    }
    if (tokens.is(Kind.NAME) && tokens.following().isOperator("=")) {
      String name = tokens.take().text();
      tokens.take();
      if (named.put(name, parse()) != null) {
        throw new Failure("two arguments of the name '" + name + "'");
      }
    } else if (named.isEmpty()) {
      positional.add(parse());
    } else {
      throw new Failure("an argument without a name after one with a name");
    }
  }

  /** The value of a number. */
  static Value number(Token token) {
    if (token.kind() == Kind.FLOAT) {
      return new FloatValue(Double.parseDouble(token.text()));
    }
    String text = token.text().toLowerCase(Locale.ROOT);
    int radix =
        text.startsWith("0x") ? 16 : text.startsWith("0o") ? 8 : text.startsWith("0b") ? 2 : 10;
    // a decimal digit holds more than three bits
    if (text.length() > IntValue.MAX_BITS / 3) {
      throw new Failure("a whole number of " + text.length() + " digits");
    }
    return new IntValue(new BigInteger(radix == 10 ? text : text.substring(2), radix));
  }
}
