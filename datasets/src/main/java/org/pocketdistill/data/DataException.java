package org.pocketdistill.data;

/**
 * The user's data are wrong: a message that names the file, the line where there is one, the value
 * and what was expected. Ends the program with exit code 2 and without a stack trace.
 */
public final class DataException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** An error with the message shown to the user. */
  public DataException(String message) {
    super(message);
  }

  /** An error with the message shown to the user and its cause. */
  public DataException(String message, Throwable cause) {
    super(message, cause);
  }
}
