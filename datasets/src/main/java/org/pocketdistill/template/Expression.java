package org.pocketdistill.template;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** An expression of a template. */
sealed interface Expression {
  /** Use {@link Frame#value}, which counts. */
  Value evaluate(Frame frame);

  /** Stands for itself. */
  record Literal(Value value) implements Expression {
    @Override
    public Value evaluate(Frame frame) {
      return value;
    }
  }

  /** A variable. */
  record Name(String name) implements Expression {
    @Override
    public Value evaluate(Frame frame) {
      return frame.find(name);
    }
  }

  /** A list or a tuple. */
  record ListOf(List<Expression> items, ListValue.Kind kind) implements Expression {
    @Override
    public Value evaluate(Frame frame) {
      List<Value> values = new ArrayList<>(items.size());
      for (Expression item : items) {
        values.add(frame.value(item));
      }
      return new ListValue(values, kind);
    }
  }

  /** A dict; keys and values alternate. */
  record DictOf(List<Expression> keysAndValues) implements Expression {
    @Override
    public Value evaluate(Frame frame) {
      Map<Value, Value> entries = new LinkedHashMap<>();
      for (int i = 0; i < keysAndValues.size(); i += 2) {
        Value key = DictValue.key(frame.value(keysAndValues.get(i)));
        entries.put(key, frame.value(keysAndValues.get(i + 1)));
      }
      return new DictValue(entries);
    }
  }

  /** {@code of.name}. */
  record Attribute(Expression of, String name, int line) implements Expression {
    @Override
    public Value evaluate(Frame frame) {
      Value value = frame.value(of);
      frame.run().at(line);
      return Attributes.get(value, name);
    }
  }

  /** {@code of[index]}. */
  record Element(Expression of, Expression index, int line) implements Expression {
    @Override
    public Value evaluate(Frame frame) {
      Value value = frame.value(of);
      Value place = frame.value(index);
      frame.run().at(line);
      return Elements.get(value, place, frame.meter());
    }
  }

  /** {@code of[from:to:step]}. */
  record Slice(Expression of, List<Expression> bounds, int line) implements Expression {
    @Override
    public Value evaluate(Frame frame) {
      Value value = frame.value(of);
      Value from = frame.value(bounds.get(0));
      Value to = frame.value(bounds.get(1));
      Value step = frame.value(bounds.get(2));
      frame.run().at(line);
      return Elements.slice(value, from, to, step, frame.meter());
    }
  }

  /** What something is called with. */
  record Arguments(List<Expression> positional, Map<String, Expression> named) {
    static final Arguments NONE = new Arguments(List.of(), Map.of());

    CallArguments evaluate(Frame frame) {
      if (positional.isEmpty() && named.isEmpty()) {
        return CallArguments.NONE;
      }
      List<Value> values = new ArrayList<>(positional.size());
      for (Expression argument : positional) {
        values.add(frame.value(argument));
      }
      Map<String, Value> namedValues = new LinkedHashMap<>();
      named.forEach((name, argument) -> namedValues.put(name, frame.value(argument)));
      return new CallArguments(values, namedValues);
    }
  }

  /** {@code callee(arguments)}. */
  record Call(Expression callee, Arguments arguments, int line) implements Expression {
    @Override
    public Value evaluate(Frame frame) {
      Value function = frame.value(callee);
      CallArguments values = arguments.evaluate(frame);
      frame.run().at(line);
      return call(function, values, frame.run());
    }

    static Value call(Value function, CallArguments values, Run run) {
      if (function instanceof CallableValue callable) {
        return callable.call(values, run);
      }
      if (function instanceof UndefinedValue undefined) {
        throw undefined.failure();
      }
      throw new Failure("'%s' object is not callable".formatted(function.type()));
    }
  }

  /** {@code input | filter(arguments)}. */
  record Filtered(Expression input, Filter filter, Arguments arguments, int line)
      implements Expression {
    @Override
    public Value evaluate(Frame frame) {
      Value value = frame.value(input);
      CallArguments values = arguments.evaluate(frame);
      frame.run().at(line);
      return filter.apply(value, values, frame.run());
    }
  }

  /** {@code input is test(arguments)}. */
  record Tested(Expression input, Test test, Arguments arguments, int line) implements Expression {
    @Override
    public Value evaluate(Frame frame) {
      Value value = frame.value(input);
      CallArguments values = arguments.evaluate(frame);
      frame.run().at(line);
      return BoolValue.of(test.holds(value, values, frame.run()));
    }
  }

  /** Minus or plus before a number. */
  record Signed(boolean negative, Expression number, int line) implements Expression {
    @Override
    public Value evaluate(Frame frame) {
      Value value = frame.value(number);
      frame.run().at(line);
      return negative ? Arithmetic.negated(value) : Arithmetic.positive(value);
    }
  }

  /** Operators of one rank, from left to right. */
  record Computed(Expression first, List<Term> terms) implements Expression {
    @Override
    public Value evaluate(Frame frame) {
      Value value = frame.value(first);
      for (Term term : terms) {
        Value operand = frame.value(term.operand());
        frame.run().at(term.line());
        value = Arithmetic.apply(term.operator(), value, operand, frame.meter());
      }
      return value;
    }
  }

  /** An operator and what stands on its right. */
  record Term(Arithmetic.Operator operator, Expression operand, int line) {}

  /** {@code a ~ b}: as strings, joined. */
  record Joined(List<Expression> parts) implements Expression {
    @Override
    public Value evaluate(Frame frame) {
      Text text = new Text(frame.meter());
      for (Expression part : parts) {
        frame.value(part).str(text);
      }
      return StrValue.of(text.toString());
    }
  }

  /** {@code a < b < c}: each with the next, up to the first that does not hold. */
  record Compared(Expression first, List<Relation> relations) implements Expression {
    @Override
    public Value evaluate(Frame frame) {
      Value left = frame.value(first);
      for (Relation relation : relations) {
        Value right = frame.value(relation.operand());
        frame.run().at(relation.line());
        if (!relation.operator().holds(left, right, frame.meter())) {
          return BoolValue.FALSE;
        }
        left = right;
      }
      return BoolValue.TRUE;
    }
  }

  /** A comparison and what stands on its right. */
  record Relation(RelationOperator operator, Expression operand, int line) {}

  /** {@code and} or {@code or}: the first operand that decides, or the last. */
  record Either(boolean decisive, List<Expression> operands) implements Expression {
    @Override
    public Value evaluate(Frame frame) {
      Value value = NoneValue.NONE;
      for (Expression operand : operands) {
        value = frame.value(operand);
        if (value.truthy() == decisive) {
          return value;
        }
      }
      return value;
    }
  }

  /** {@code not x}. */
  record Not(Expression operand) implements Expression {
    @Override
    public Value evaluate(Frame frame) {
      return BoolValue.of(!frame.value(operand).truthy());
    }
  }

  /** {@code then if condition else otherwise}. */
  record Conditional(Expression condition, Expression then, Expression otherwise)
      implements Expression {
    @Override
    public Value evaluate(Frame frame) {
      return frame.value(frame.value(condition).truthy() ? then : otherwise);
    }
  }
}
