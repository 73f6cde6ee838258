package org.pocketdistill.template;

import java.time.Duration;

/**
 * What one template may use. Real templates stay below a thousandth of the standard limits.
 *
 * @param source characters of the template
 * @param nesting depth of blocks and of brackets in the template
 * @param depth expressions and statements inside one another while rendering, through macros too
 * @param steps expressions, statements and elements worked on
 * @param characters characters of all strings made on the way
 * @param output characters of the result
 * @param time processor time
 */
public record Limits(
    int source, int nesting, int depth, long steps, long characters, int output, Duration time) {
  /** Room for conversations of millions of characters. */
  public static final Limits STANDARD =
      new Limits(1 << 20, 100, 800, 20_000_000, 1L << 28, 1 << 25, Duration.ofSeconds(20));
}
