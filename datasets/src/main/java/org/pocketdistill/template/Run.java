package org.pocketdistill.template;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.pocketdistill.template.Rendered.Span;

/** One rendering: what it uses, where it is, what it has written. */
final class Run {
  private final Meter meter;
  private final Clock clock;
  private final Text output;
  private final List<Span> generated = new ArrayList<>();
  private int line = 1;

  Run(Limits limits, Clock clock) {
    this.meter = new Meter(limits);
    this.clock = clock;
    this.output = new Text(meter, limits.output());
  }

  Meter meter() {
    return meter;
  }

  Clock clock() {
    return clock;
  }

  /** The text of the template as a whole, without what macros are making of it. */
  Text output() {
    return output;
  }

  List<Span> generated() {
    return generated;
  }

  /** Says what the next failure belongs to. */
  void at(int place) {
    line = place;
  }

  int line() {
    return line;
  }
}
