package org.pocketdistill.pipeline.lm;

import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;
import org.pocketdistill.data.ReasoningTags;
import org.pocketdistill.tokenize.Tokenizer;

/**
 * The tags of traces as a tokenizer writes them: one token each where the vocabulary has them, else
 * several, of which the last may hold the beginning of what follows.
 */
final class TraceTags {
  private static final int BLANKS = 8;

  private final Tokenizer tokenizer;
  private final ReasoningTags tags;
  private final OptionalInt openId;
  private final OptionalInt closeId;
  private final int longestClosing;

  TraceTags(Tokenizer tokenizer, ReasoningTags tags) {
    this.tokenizer = tokenizer;
    this.tags = tags;
    this.openId = tokenizer.idOf(tags.open());
    this.closeId = tokenizer.idOf(tags.close());
    this.longestClosing = closing("").length;
  }

  ReasoningTags text() {
    return tags;
  }

  boolean isOpening(int token) {
    return openId.isPresent() && openId.getAsInt() == token;
  }

  boolean isClosing(int token) {
    return closeId.isPresent() && closeId.getAsInt() == token;
  }

  /** Most tokens that a closing tag of several tokens can lie in; 0 if it is always one. */
  int closingTokens() {
    return closeId.isPresent() ? 0 : tags.close().getBytes(StandardCharsets.UTF_8).length;
  }

  /** Tokens, blanks and the opening tag, after which no trace begins any more. */
  int patience() {
    return tags.open().getBytes(StandardCharsets.UTF_8).length + BLANKS;
  }

  /**
   * Tokens that close a trace, as {@link ReasoningTags#block} does.
   *
   * @param trace all that was written after the opening tag
   */
  int[] closing(String trace) {
    String before = trace.endsWith("\n") && !trace.isBlank() ? "" : "\n";
    String first = trace.isEmpty() ? "\n" : "";
    return tokenizer.encode(first + before + tags.close() + "\n\n");
  }

  /** Most tokens that {@link #closing} gives. */
  int longestClosing() {
    return longestClosing;
  }
}
