package org.pocketdistill.pipeline.thermal;

import java.util.ArrayList;
import java.util.List;

/** Time that passes only where someone waits, or is told to. */
public final class VirtualTicker implements Ticker {
  private long now = 123_456_789;
  private final List<Double> sleeps = new ArrayList<>();

  @Override
  public long nanos() {
    return now;
  }

  @Override
  public void sleep(long nanos) {
    sleeps.add(nanos / 1e9);
    now += nanos;
  }

  /** Lets seconds pass. */
  public void pass(double seconds) {
    now += Math.round(seconds * 1e9);
  }

  /** Seconds since the start. */
  public double seconds() {
    return (now - 123_456_789) / 1e9;
  }

  /** What was waited for, in seconds. */
  public List<Double> sleeps() {
    return sleeps;
  }
}
