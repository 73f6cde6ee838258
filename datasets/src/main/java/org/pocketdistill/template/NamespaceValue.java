package org.pocketdistill.template;

import java.util.HashMap;
import java.util.Map;

/** Jinja's {@code namespace}: the one value that can be changed. */
record NamespaceValue(Map<String, Value> attributes) implements Value {
  NamespaceValue {
    attributes = new HashMap<>(attributes);
  }

  @Override
  public String type() {
    return "Namespace";
  }

  @Override
  public String described() {
    return "jinja2.utils.Namespace object";
  }

  @Override
  public boolean truthy() {
    return true;
  }

  @Override
  public void repr(Text out) {
    throw new Failure("a namespace cannot be printed");
  }
}
