package org.pocketdistill.template;

import java.util.ArrayList;
import java.util.List;
import org.pocketdistill.template.MacroValue.Definition;
import org.pocketdistill.template.MacroValue.Parameter;
import org.pocketdistill.template.Token.Kind;

/** Parses statements. */
final class StatementParser {
  private static final Expression BODY = new Expression.Name(BlockStatement.BODY);

  private final TokenStream tokens;
  private final Names names = new Names();
  private final ExpressionParser expressions;
  private int loops;
  private boolean marksGeneration;

  StatementParser(TokenStream tokens) {
    this.tokens = tokens;
    this.expressions = new ExpressionParser(tokens, names);
  }

  boolean marksGeneration() {
    return marksGeneration;
  }

  /** Statements up to the end of the template. */
  List<Statement> all() {
    return until();
  }

  /** Statements up to the end of the template or a tag of one of these names, which is next. */
  private List<Statement> until(String... ends) {
    tokens.enter();
    List<Statement> statements = new ArrayList<>();
    while (!tokens.is(Kind.END)) {
      Token token = tokens.take();
      if (token.kind() == Kind.DATA) {
        statements.add(new Statement.Data(token.text()));
      } else if (token.kind() == Kind.PRINT_BEGIN) {
        statements.add(new Statement.Print(expressions.parseTuple(true), token.line()));
        tokens.expect(Kind.PRINT_END, "'}}'");
      } else if (List.of(ends).stream().anyMatch(tokens.current()::isName)) {
        tokens.leave();
        return statements;
      } else {
        statements.add(statement());
        tokens.expect(Kind.BLOCK_END, "'%}'");
      }
    }
    if (ends.length > 0) {
      throw tokens.unexpected("{% " + ends[ends.length - 1] + " %}");
    }
    tokens.leave();
    return statements;
  }

  private List<Statement> body(String... ends) {
    tokens.skipOperator(":");
    tokens.expect(Kind.BLOCK_END, "'%}'");
    return until(ends);
  }

  /** A body that ends with this tag, in which the loops around it cannot be left. */
  private List<Statement> closedBody(String end) {
    int around = loops;
    loops = 0;
    List<Statement> body = body(end);
    loops = around;
    tokens.take();
    return body;
  }

  private Statement statement() {
    Token tag = tokens.current();
    if (tag.kind() != Kind.NAME) {
      throw tokens.unexpected("the name of a tag");
    }
    tokens.take();
    int line = tag.line();
    return switch (tag.text()) {
      case "if" -> branches(line);
      case "for" -> loop(line);
      case "set" -> assignment(line);
      case "macro" -> macro();
      case "call" -> callBlock();
      case "filter" -> filterBlock(line);
      case "with" -> with(line);
      case "generation" -> generation();
      case "break" -> jump(Statement.Flow.BREAK, tag);
      case "continue" -> jump(Statement.Flow.CONTINUE, tag);
      default -> throw new Failure("unknown tag '" + tag.text() + "'");
    };
  }

  private Statement generation() {
    marksGeneration = true;
    return new BlockStatement.Generation(closedBody("endgeneration"));
  }

  private Statement filterBlock(int line) {
    Expression filters = expressions.operands().filters(expressions.operands().filter(BODY));
    return new BlockStatement.FilterBlock(closedBody("endfilter"), filters, line);
  }

  private Statement jump(Statement.Flow flow, Token tag) {
    if (loops == 0) {
      throw new Failure("'" + tag.text() + "' outside of a loop");
    }
    return new Statement.Jump(flow);
  }

  private Statement branches(int begin) {
    List<Statement.Branch> branches = new ArrayList<>();
    int line = begin;
    boolean more = true;
    while (more) {
      Expression condition = expressions.parseTuple(false);
      branches.add(new Statement.Branch(condition, body("elif", "else", "endif"), line));
      line = tokens.line();
      more = tokens.skipName("elif");
    }
    List<Statement> otherwise = List.of();
    if (tokens.skipName("else")) {
      otherwise = body("endif");
    }
    tokens.take();
    return new Statement.If(branches, otherwise);
  }

  private Statement loop(int line) {
    Target target = target(false);
    if (!tokens.skipName("in")) {
      throw tokens.unexpected("'in'");
    }
    Expression items = expressions.parseTuple(false);
    Expression condition = tokens.skipName("if") ? expressions.parse() : null;
    if (tokens.current().isName("recursive")) {
      throw new Failure("recursive loops are not supported");
    }
    loops++;
    List<Statement> body = body("endfor", "else");
    loops--;
    List<Statement> otherwise = List.of();
    if (tokens.skipName("else")) {
      otherwise = body("endfor");
    }
    tokens.take();
    return new Statement.For(target, items, condition, body, otherwise, line);
  }

  private Target target(boolean namespaces) {
    List<Target> targets = new ArrayList<>();
    boolean several = false;
    do {
      if (several && (tokens.current().isName("in") || tokens.isOperator("="))) {
        break;
      }
      targets.add(oneTarget(namespaces));
      several |= tokens.isOperator(",");
    } while (tokens.skipOperator(","));
    return several ? new Target.Unpacked(targets) : targets.get(0);
  }

  private Target oneTarget(boolean namespaces) {
    if (tokens.skipOperator("(")) {
      Target inside = target(namespaces);
      tokens.expectOperator(")");
      return inside;
    }
    String name = tokens.expectName();
    if (namespaces && tokens.skipOperator(".")) {
      return new Target.NamespaceAttribute(name, tokens.expectName());
    }
    if (List.of("true", "false", "none", "True", "False", "None", "loop").contains(name)) {
      throw new Failure("cannot assign to '" + name + "'");
    }
    return new Target.Variable(name);
  }

  private Statement assignment(int line) {
    Target target = target(true);
    if (tokens.skipOperator("=")) {
      return new Statement.Assign(target, expressions.parseTuple(true), line);
    }
    Expression filters = expressions.operands().filters(BODY);
    return new BlockStatement.AssignBlock(target, closedBody("endset"), filters, line);
  }

  private Statement macro() {
    String name = tokens.expectName();
    return new BlockStatement.DefineMacro(definition(name, signature(), "endmacro"));
  }

  private Definition definition(String name, List<Parameter> parameters, String end) {
    boolean around = names.beginMacro();
    List<Statement> body = closedBody(end);
    return new Definition(name, parameters, body, names.endMacro(around));
  }

  private List<Parameter> signature() {
    List<Parameter> parameters = new ArrayList<>();
    tokens.expectOperator("(");
    while (!tokens.isOperator(")")) {
      if (!parameters.isEmpty()) {
        tokens.expectOperator(",");
      }
      String name = tokens.expectName();
      if (tokens.skipOperator("=")) {
        parameters.add(new Parameter(name, expressions.parse()));
      } else if (parameters.isEmpty() || parameters.get(parameters.size() - 1).missing() == null) {
        parameters.add(new Parameter(name, null));
      } else {
        throw new Failure("the parameter '" + name + "' without a default after one with it");
      }
    }
    tokens.expectOperator(")");
    return parameters;
  }

  private Statement callBlock() {
    List<Parameter> parameters = tokens.isOperator("(") ? signature() : List.of();
    if (!(expressions.parse() instanceof Expression.Call call)) {
      throw new Failure("expected a call in {% call %}");
    }
    Definition caller = definition(MacroValue.CALLER, parameters, "endcall");
    return new BlockStatement.CallBlock(caller, call);
  }

  private Statement with(int line) {
    List<Target> targets = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    while (!tokens.is(Kind.BLOCK_END)) {
      if (!targets.isEmpty()) {
        tokens.expectOperator(",");
      }
      targets.add(oneTarget(false));
      tokens.expectOperator("=");
      values.add(expressions.parse());
    }
    List<Statement> body = body("endwith");
    tokens.take();
    return new BlockStatement.With(targets, values, body, line);
  }
}
