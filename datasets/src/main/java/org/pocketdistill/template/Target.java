package org.pocketdistill.template;

import java.util.Iterator;
import java.util.List;

/** What is assigned to. */
sealed interface Target {
  /** Assigns in this scope. */
  void assign(Value value, Frame frame);

  /** A variable of the scope. */
  record Variable(String name) implements Target {
    @Override
    public void assign(Value value, Frame frame) {
      frame.set(name, value);
    }
  }

  /** Several targets, each for an element of the value. */
  record Unpacked(List<Target> targets) implements Target {
    @Override
    public void assign(Value value, Frame frame) {
      Iterator<Value> items = Iteration.of(value, frame.meter());
      for (Target target : targets) {
        if (!items.hasNext()) {
          throw new Failure("not enough values to unpack, expected " + targets.size());
        }
        target.assign(items.next(), frame);
      }
      if (items.hasNext()) {
        throw new Failure("too many values to unpack, expected " + targets.size());
      }
    }
  }

  /** An attribute of a namespace. */
  record NamespaceAttribute(String namespace, String attribute) implements Target {
    @Override
    public void assign(Value value, Frame frame) {
      if (!(frame.find(namespace) instanceof NamespaceValue found)) {
        throw new Failure("cannot assign attribute on non-namespace object '" + namespace + "'");
      }
      found.attributes().put(attribute, value);
    }
  }
}
