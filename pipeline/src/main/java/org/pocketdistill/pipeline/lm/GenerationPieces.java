package org.pocketdistill.pipeline.lm;

/** Takes what a model writes, piece by piece; pieces are whole characters. */
@FunctionalInterface
public interface GenerationPieces {
  /** A piece of the answer. */
  void answer(String piece);

  /** A piece of the trace before it, without tags. */
  default void reasoning(String piece) {}
}
