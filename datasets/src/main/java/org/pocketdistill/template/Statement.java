package org.pocketdistill.template;

import java.util.Iterator;
import java.util.List;

/** A statement of a template, or a stretch of its text. */
sealed interface Statement
    permits Statement.Data,
        Statement.Print,
        Statement.If,
        Statement.For,
        Statement.Jump,
        Statement.Assign,
        BlockStatement {
  /** Executes it; tells how the loop around it goes on. */
  Flow execute(Frame frame);

  /** What comes after a statement. */
  enum Flow {
    NEXT,
    BREAK,
    CONTINUE
  }

  /** Executes statements in order, in the scope given, up to a break. */
  static Flow all(List<Statement> statements, Frame frame) {
    for (Statement statement : statements) {
      frame.meter().enter();
      Flow flow = statement.execute(frame);
      frame.meter().leave();
      if (flow != Flow.NEXT) {
        return flow;
      }
    }
    return Flow.NEXT;
  }

  /** What the statements write, in a scope of their own within the given one. */
  static String written(List<Statement> statements, Frame around) {
    Text text = new Text(around.meter());
    all(statements, around.inner(text));
    return text.toString();
  }

  /** Text that is written as it is. */
  record Data(String text) implements Statement {
    @Override
    public Flow execute(Frame frame) {
      frame.output().append(text);
      return Flow.NEXT;
    }
  }

  /** {@code {{ expression }}}. */
  record Print(Expression expression, int line) implements Statement {
    @Override
    public Flow execute(Frame frame) {
      frame.run().at(line);
      frame.value(expression).str(frame.output());
      return Flow.NEXT;
    }
  }

  /** {@code if}, {@code elif}, {@code else}. */
  record If(List<Branch> branches, List<Statement> otherwise) implements Statement {
    @Override
    public Flow execute(Frame frame) {
      for (Branch branch : branches) {
        frame.run().at(branch.line());
        if (frame.value(branch.condition()).truthy()) {
          return all(branch.body(), frame);
        }
      }
      return all(otherwise, frame);
    }
  }

  /** A condition and what is done if it holds. */
  record Branch(Expression condition, List<Statement> body, int line) {}

  /**
   * {@code for target in items if condition}.
   *
   * @param condition null if there is none
   */
  record For(
      Target target,
      Expression items,
      Expression condition,
      List<Statement> body,
      List<Statement> otherwise,
      int line)
      implements Statement {
    @Override
    public Flow execute(Frame frame) {
      frame.run().at(line);
      Iterator<Value> all = Iteration.of(frame.value(items), frame.meter());
      LoopValue loop = new LoopValue(condition == null ? all : wanted(all, frame), frame.meter());
      if (!loop.advance()) {
        return Statement.all(otherwise, frame.inner());
      }
      do {
        Frame turn = frame.inner();
        turn.set("loop", loop);
        target.assign(loop.current(), turn);
        if (Statement.all(body, turn) == Flow.BREAK) {
          break;
        }
        frame.run().at(line);
      } while (loop.advance());
      return Flow.NEXT;
    }

    private Iterator<Value> wanted(Iterator<Value> all, Frame frame) {
      return Iteration.filtered(
          all,
          item -> {
            Frame test = frame.inner();
            target.assign(item, test);
            return test.value(condition).truthy();
          });
    }
  }

  /** {@code break} or {@code continue}. */
  record Jump(Flow flow) implements Statement {
    @Override
    public Flow execute(Frame frame) {
      return flow;
    }
  }

  /** {@code set target = expression}. */
  record Assign(Target target, Expression expression, int line) implements Statement {
    @Override
    public Flow execute(Frame frame) {
      frame.run().at(line);
      target.assign(frame.value(expression), frame);
      return Flow.NEXT;
    }
  }
}
