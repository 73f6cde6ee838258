package org.pocketdistill.template;

/**
 * A template cannot be parsed, or cannot be rendered with the values given. The message names the
 * template and the line.
 */
public final class TemplateException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String reason;
  private final boolean raised;

  TemplateException(String template, int line, Failure failure) {
    super(template + ": line " + line + ": " + failure.getMessage(), failure);
    this.reason = failure.getMessage();
    this.raised = failure.raised();
  }

  /** What is wrong, without template and line. */
  public String reason() {
    return reason;
  }

  /** Whether the template itself refused the values, with {@code raise_exception}. */
  public boolean raised() {
    return raised;
  }
}
