package org.pocketdistill.pipeline.lm;

import org.pocketdistill.data.ReasoningTags;

/** Hands out a sequence that grows, each part of its text once and in order. */
final class PieceWriter {
  private final ReasoningTags tags;
  private final GenerationPieces pieces;
  private String shownTrace = "";
  private String shownAnswer = "";
  private boolean traceDone;

  PieceWriter(ReasoningTags tags, GenerationPieces pieces) {
    this.tags = tags;
    this.pieces = pieces;
  }

  /** Hands out what has come, but for what may still change. */
  void update(GeneratedText text) {
    if (text.isInTrace()) {
      showTrace(settled(withoutTagBegun(text.trace())));
    } else if (!text.isUndecided()) {
      endTrace(text);
      showAnswer(settled(text.answer()));
    }
  }

  /** Hands out the rest. */
  void end(GeneratedText text) {
    endTrace(text);
    showAnswer(text.answer());
  }

  private void endTrace(GeneratedText text) {
    if (!traceDone) {
      showTrace(text.trace());
      traceDone = true;
    }
  }

  private void showTrace(String now) {
    if (now.length() > shownTrace.length() && now.startsWith(shownTrace)) {
      pieces.reasoning(now.substring(shownTrace.length()));
      shownTrace = now;
    }
  }

  private void showAnswer(String now) {
    if (now.length() > shownAnswer.length() && now.startsWith(shownAnswer)) {
      pieces.answer(now.substring(shownAnswer.length()));
      shownAnswer = now;
    }
  }

  /**
   * A character whose bytes are still to come reads as U+FFFD: nothing is shown before it is whole.
   */
  private static String settled(String text) {
    return text.endsWith("\uFFFD") ? "" : text;
  }

  private String withoutTagBegun(String trace) {
    String close = tags.close();
    for (int length = Math.min(close.length() - 1, trace.length()); length > 0; length--) {
      if (trace.endsWith(close.substring(0, length))) {
        return trace.substring(0, trace.length() - length).stripTrailing();
      }
    }
    return trace;
  }
}
