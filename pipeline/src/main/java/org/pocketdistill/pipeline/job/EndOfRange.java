package org.pocketdistill.pipeline.job;

/** Leaves the line after the last stage that was asked for. */
final class EndOfRange extends RuntimeException {
  private static final long serialVersionUID = 1L;

  EndOfRange() {
    super(null, null, false, false);
  }
}
