package org.pocketdistill.pipeline.hub;

import java.io.IOException;

/** The hub could not be asked, or refused. Its message is for the user. */
final class HubException extends IOException {
  private static final long serialVersionUID = 1L;

  private final boolean absent;

  private HubException(String message, boolean absent) {
    super(message);
    this.absent = absent;
  }

  /** A failure that says nothing about what is in the cache. */
  static HubException failed(String message) {
    return new HubException(message, false);
  }

  /** What was asked for does not exist, whatever the cache holds. */
  static HubException missing(String message) {
    return new HubException(message, true);
  }

  /** Whether a copy in the cache is as good as can be had. */
  boolean cacheMayServe() {
    return !absent;
  }
}
