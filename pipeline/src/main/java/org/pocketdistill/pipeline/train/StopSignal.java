package org.pocketdistill.pipeline.train;

import java.util.concurrent.atomic.AtomicBoolean;

/** A request to stop after the step in progress, for example by Ctrl-C. Safe between threads. */
public final class StopSignal {
  private final AtomicBoolean requested = new AtomicBoolean();

  /** Asks for a stop. */
  public void request() {
    requested.set(true);
  }

  /** Whether a stop was asked for. */
  public boolean isRequested() {
    return requested.get();
  }
}
