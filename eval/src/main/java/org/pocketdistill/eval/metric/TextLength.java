package org.pocketdistill.eval.metric;

import java.nio.charset.StandardCharsets;

/** How long a text is, whatever the tokenizer; counted as lm-evaluation-harness does in Python. */
public final class TextLength {
  private TextLength() {}

  /** Unicode code points: {@code len(text)}. */
  public static int characters(String text) {
    return text.codePointCount(0, text.length());
  }

  /** Bytes in UTF-8. */
  public static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  /**
   * Pieces between runs of white space, {@code len(re.split(r"\s+", text))}: white space at an end
   * has an empty piece beside it, which counts.
   */
  public static int words(String text) {
    int words = 1;
    boolean blank = false;
    for (int i = 0; i < text.length(); i++) {
      boolean here = isWhitespace(text.charAt(i));
      words += here && !blank ? 1 : 0;
      blank = here;
    }
    return words;
  }

  /** As Python's {@code \s}: non-breaking spaces and the next-line control, too. */
  private static boolean isWhitespace(char c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == '\u0085';
  }
}
