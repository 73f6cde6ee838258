package org.pocketdistill.pipeline.lm;

/** An exported model does not compute what the model it was made from computes. */
public final class ExportCheckException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** An error with the difference found. */
  public ExportCheckException(String message) {
    super("the exported model fails its check: " + message);
  }
}
