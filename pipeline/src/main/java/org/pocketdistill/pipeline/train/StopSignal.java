package org.pocketdistill.pipeline.train;

import java.util.concurrent.atomic.AtomicBoolean;

/** A request to stop after the step in progress, for example by Ctrl-C. Safe between threads. */
public final class StopSignal {
  private final AtomicBoolean requested = new AtomicBoolean();
  private final AtomicBoolean attended = new AtomicBoolean();

  /** Asks for a stop. */
  public void request() {
    requested.set(true);
  }

  /** Whether a stop was asked for. */
  public boolean isRequested() {
    return requested.get();
  }

  /** Whether a training is under way that will save and stop when asked to. */
  public boolean isAttended() {
    return attended.get();
  }

  void attend(boolean training) {
    attended.set(training);
  }
}
