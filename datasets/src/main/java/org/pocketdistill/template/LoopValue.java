package org.pocketdistill.template;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;

/**
 * Jinja's {@code loop}: where a loop is. Looks no further ahead than it is asked to, so that what
 * elements are computed from may change on the way, as in Jinja.
 */
final class LoopValue implements Value {
  static final Set<String> METHODS = Set.of("cycle", "changed");

  private final Meter meter;
  private Iterator<Value> items;
  private Value previous;
  private Value current;
  private Value next;
  private List<Value> lastChanged;
  private int index = -1;
  private int length = -1;

  LoopValue(Iterator<Value> items, Meter meter) {
    this.items = items;
    this.meter = meter;
  }

  /** Goes to the next element; false if there is none. */
  boolean advance() {
    Value upcoming = peek();
    if (upcoming == null) {
      return false;
    }
    next = null;
    previous = current;
    current = upcoming;
    index++;
    return true;
  }

  Value current() {
    return current;
  }

  private Value peek() {
    if (next == null && items.hasNext()) {
      next = items.next();
    }
    return next;
  }

  private int length() {
    if (length < 0) {
      List<Value> rest = new ArrayList<>();
      items.forEachRemaining(rest::add);
      items = rest.iterator();
      length = index + 1 + (next == null ? 0 : 1) + rest.size();
    }
    return length;
  }

  /** The attribute; null if there is none of that name. */
  Value attribute(String name) {
    return switch (name) {
      case "index" -> IntValue.of(index + 1L);
      case "index0" -> IntValue.of(index);
      case "revindex" -> IntValue.of(length() - index);
      case "revindex0" -> IntValue.of(length() - index - 1L);
      case "first" -> BoolValue.of(index == 0);
      case "last" -> BoolValue.of(peek() == null);
      case "length" -> IntValue.of(length());
      case "depth" -> IntValue.of(1);
      case "depth0" -> IntValue.of(0);
      case "previtem" -> previous != null ? previous : none("there is no previous item");
      case "nextitem" -> peek() != null ? next : none("there is no next item");
      case "cycle" -> new FunctionValue("loop.cycle", (arguments, run) -> cycle(arguments));
      case "changed" -> new FunctionValue("loop.changed", (arguments, run) -> changed(arguments));
      default -> null;
    };
  }

  private static Value none(String reason) {
    return new UndefinedValue(reason);
  }

  private Value cycle(CallArguments arguments) {
    if (arguments.positional().isEmpty()) {
      throw new Failure("no items for cycling given");
    }
    return arguments.positional().get(index % arguments.positional().size());
  }

  private Value changed(CallArguments arguments) {
    List<Value> now = arguments.positional();
    boolean same =
        lastChanged != null
            && Comparison.equal(ListValue.list(lastChanged), ListValue.list(now), meter);
    lastChanged = now;
    return BoolValue.of(!same);
  }

  @Override
  public String type() {
    return "LoopContext";
  }

  @Override
  public boolean truthy() {
    return true;
  }

  @Override
  public void repr(Text out) {
    throw new Failure("'loop' cannot be printed");
  }
}
