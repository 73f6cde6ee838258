package org.pocketdistill.pipeline.train;

/** Training stopped before its end; the message says where, why and how to go on. */
public final class TrainingException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Reason reason;

  /** A stop with the message shown to the user. */
  public TrainingException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  /** Why it stopped. */
  public Reason reason() {
    return reason;
  }

  /** Why a training stopped. */
  public enum Reason {
    /** The user asked for it; everything is saved. */
    STOPPED,
    /** The loss or a gradient is no number any more. */
    DIVERGED
  }
}
