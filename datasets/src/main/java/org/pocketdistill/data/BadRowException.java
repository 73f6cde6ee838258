package org.pocketdistill.data;

/** One row cannot be used; its message is the reason, without file and line. */
final class BadRowException extends Exception {
  private static final long serialVersionUID = 1L;

  BadRowException(String reason) {
    super(reason);
  }
}
