package org.pocketdistill.pipeline.hub;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** The hub answers that it cannot answer now. */
final class BusyException extends IOException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final transient Optional<Duration> wait;

  /**
   * An answer.
   *
   * @param wait for how long the hub asks to be left alone
   */
  BusyException(int status, Optional<Duration> wait) {
    super("it answers " + status);
    this.status = status;
    this.wait = wait;
  }

  int status() {
    return status;
  }

  Optional<Duration> askedWait() {
    return wait;
  }
}
