package org.pocketdistill.template;

import java.util.HashMap;
import java.util.Map;

/** A scope: its variables, those around it, and where it writes to. */
final class Frame {
  private final Run run;
  private final Frame around;
  private final Text output;
  private final Map<String, Value> variables;

  private Frame(Run run, Frame around, Text output, Map<String, Value> variables) {
    this.run = run;
    this.around = around;
    this.output = output;
    this.variables = variables;
  }

  /** The outermost scope. */
  static Frame outermost(Run run, Map<String, Value> variables) {
    Frame globals = new Frame(run, null, run.output(), Globals.ALL);
    return new Frame(run, globals, run.output(), variables);
  }

  /** A scope within this one. */
  Frame inner() {
    return new Frame(run, this, output, new HashMap<>());
  }

  /** A scope within this one that writes somewhere else. */
  Frame inner(Text elsewhere) {
    return new Frame(run, this, elsewhere, new HashMap<>());
  }

  Run run() {
    return run;
  }

  Meter meter() {
    return run.meter();
  }

  Text output() {
    return output;
  }

  Value find(String name) {
    for (Frame frame = this; frame != null; frame = frame.around) {
      Value value = frame.variables.get(name);
      if (value != null) {
        return value;
      }
    }
    return UndefinedValue.name(name);
  }

  void set(String name, Value value) {
    variables.put(name, value);
  }

  /** The expression's value in this scope. */
  Value value(Expression expression) {
    meter().enter();
    Value value = expression.evaluate(this);
    meter().leave();
    return value;
  }
}
