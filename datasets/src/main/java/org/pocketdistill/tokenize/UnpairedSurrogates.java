package org.pocketdistill.tokenize;

/**
 * Java strings may hold halves of surrogate pairs, which no UTF-8 text can. Each becomes U+FFFD
 * before anything is encoded, so that the result is defined and the same everywhere.
 */
final class UnpairedSurrogates {
  private static final char REPLACEMENT = '\uFFFD';

  private UnpairedSurrogates() {}

  /** The text with every unpaired surrogate replaced by U+FFFD; most texts come back unchanged. */
  static String replaced(String text) {
    int first = indexOfUnpaired(text, 0);
    if (first < 0) {
      return text;
    }
    StringBuilder fixed = new StringBuilder(text);
    for (int i = first; i >= 0; i = indexOfUnpaired(text, i + 1)) {
      fixed.setCharAt(i, REPLACEMENT);
    }
    return fixed.toString();
  }

  private static int indexOfUnpaired(String text, int from) {
    int i = from;
    while (i < text.length()) {
      int codePoint = text.codePointAt(i);
      if (Character.getType(codePoint) == Character.SURROGATE) {
        return i;
      }
      i += Character.charCount(codePoint);
    }
    return -1;
  }
}
