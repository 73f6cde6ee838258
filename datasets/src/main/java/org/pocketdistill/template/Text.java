package org.pocketdistill.template;

/** A string in the making, within a limit. */
final class Text {
  private final StringBuilder characters = new StringBuilder();
  private final Meter meter;
  private final long limit;

  Text(Meter meter) {
    this(meter, Long.MAX_VALUE);
  }

  Text(Meter meter, long limit) {
    this.meter = meter;
    this.limit = limit;
  }

  Text append(String more) {
    if (characters.length() + (long) more.length() > limit) {
      throw new Failure("the template writes more than " + limit + " characters");
    }
    meter.characters(more.length());
    characters.append(more);
    return this;
  }

  Text append(String more, int times) {
    meter.characters(more.length() * (long) times);
    characters.append(more.repeat(times));
    return this;
  }

  int length() {
    return characters.length();
  }

  Meter meter() {
    return meter;
  }

  @Override
  public String toString() {
    return characters.toString();
  }
}
