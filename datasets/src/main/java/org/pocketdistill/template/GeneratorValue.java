package org.pocketdistill.template;

import java.util.Iterator;

/** Python's generator: elements that are computed as they are asked for, once. */
record GeneratorValue(Iterator<Value> items) implements Value {
  @Override
  public String type() {
    return "generator";
  }

  @Override
  public boolean truthy() {
    return true;
  }

  @Override
  public void repr(Text out) {
    throw new Failure("a generator cannot be printed; make it a list first");
  }
}
