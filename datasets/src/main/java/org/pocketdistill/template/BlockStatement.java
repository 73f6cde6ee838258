package org.pocketdistill.template;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.pocketdistill.template.Rendered.Span;

/** A statement around a body that is written elsewhere first, or in a scope of its own. */
sealed interface BlockStatement extends Statement {
  /** Name by which filters of a block see what its body wrote; no template can spell it. */
  String BODY = "%body";

  /** What the body writes, through the block's filters, of which {@link #BODY} is the input. */
  private static Value filtered(List<Statement> body, Expression filters, int line, Frame frame) {
    String written = Statement.written(body, frame);
    Frame inner = frame.inner();
    inner.set(BODY, StrValue.of(written));
    frame.run().at(line);
    return inner.value(filters);
  }

  /** {@code set target | filters}…{@code endset}. */
  record AssignBlock(Target target, List<Statement> body, Expression filters, int line)
      implements BlockStatement {
    @Override
    public Flow execute(Frame frame) {
      target.assign(filtered(body, filters, line, frame), frame);
      return Flow.NEXT;
    }
  }

  /** {@code filter filters}…{@code endfilter}. */
  record FilterBlock(List<Statement> body, Expression filters, int line) implements BlockStatement {
    @Override
    public Flow execute(Frame frame) {
      filtered(body, filters, line, frame).str(frame.output());
      return Flow.NEXT;
    }
  }

  /** {@code with target = expression, …}…{@code endwith}. */
  record With(List<Target> targets, List<Expression> expressions, List<Statement> body, int line)
      implements BlockStatement {
    @Override
    public Flow execute(Frame frame) {
      frame.run().at(line);
      Frame inner = frame.inner();
      for (int i = 0; i < targets.size(); i++) {
        targets.get(i).assign(frame.value(expressions.get(i)), inner);
      }
      return Statement.all(body, inner);
    }
  }

  /** {@code macro name(parameters)}…{@code endmacro}. */
  record DefineMacro(MacroValue.Definition definition) implements BlockStatement {
    @Override
    public Flow execute(Frame frame) {
      frame.set(definition.name(), new MacroValue(definition, frame));
      return Flow.NEXT;
    }
  }

  /** {@code call(parameters) call}…{@code endcall}: hands the body to a macro as {@code caller}. */
  record CallBlock(MacroValue.Definition caller, Expression.Call call) implements BlockStatement {
    @Override
    public Flow execute(Frame frame) {
      Value function = frame.value(call.callee());
      CallArguments given = call.arguments().evaluate(frame);
      frame.run().at(call.line());
      if (given.named().containsKey(MacroValue.CALLER)) {
        throw new Failure("a call block with a 'caller' among its arguments");
      }
      Map<String, Value> named = new LinkedHashMap<>(given.named());
      named.put(MacroValue.CALLER, new MacroValue(caller, frame));
      CallArguments values = new CallArguments(given.positional(), named);
      Expression.Call.call(function, values, frame.run()).str(frame.output());
      return Flow.NEXT;
    }
  }

  /** {@code generation}…{@code endgeneration}: what the assistant says. */
  record Generation(List<Statement> body) implements BlockStatement {
    @Override
    public Flow execute(Frame frame) {
      String written = Statement.written(body, frame);
      int start = frame.run().output().length();
      frame.run().generated().add(new Span(start, start + written.length()));
      frame.output().append(written);
      return Flow.NEXT;
    }
  }
}
