package org.pocketdistill.template;

import java.util.List;

/**
 * What a template wrote.
 *
 * @param generated the stretches from {@code {% generation %}} blocks, in order: what the assistant
 *     says. Unlike transformers, which misses it, a block before any other text counts too
 */
public record Rendered(String text, List<Span> generated) {
  public Rendered {
    generated = List.copyOf(generated);
  }

  /**
   * A stretch of the text.
   *
   * @param start index of its first {@code char}
   * @param end index after its last
   */
  public record Span(int start, int end) {}
}
