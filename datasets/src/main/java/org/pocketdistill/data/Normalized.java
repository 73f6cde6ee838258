package org.pocketdistill.data;

import com.carrotsearch.hppc.LongArrayList;
import java.text.Normalizer;
import java.util.Locale;

/** Texts without the differences that do not count when two are compared. */
final class Normalized {
  private Normalized() {}

  /**
   * Compatibility forms (NFKC: full-width digits, ligatures) and case unified, blanks collapsed.
   */
  static String text(String text) {
    String unified = Normalizer.normalize(text, Normalizer.Form.NFKC).toLowerCase(Locale.ROOT);
    return collapseBlanks(unified);
  }

  /** Blanks of any kind collapsed to one space each, none at the ends. */
  static String collapseBlanks(String text) {
    StringBuilder collapsed = new StringBuilder(text.length());
    boolean pending = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isWhitespace(c) || Character.isSpaceChar(c)) {
        pending = true;
        continue;
      }
      if (pending && !collapsed.isEmpty()) {
        collapsed.append(' ');
      }
      pending = false;
      collapsed.append(c);
    }
    return collapsed.toString();
  }

  /**
   * A hash for each word of the text, case and punctuation left out. An ideograph is a word of its
   * own, since Chinese puts no blanks between words.
   */
  static long[] wordHashes(String text) {
    String normalized = text(text);
    LongArrayList words = new LongArrayList();
    long word = 0;
    int c;
    for (int i = 0; i < normalized.length(); i += Character.charCount(c)) {
      c = normalized.codePointAt(i);
      boolean alone = Character.isIdeographic(c);
      if (word != 0 && (alone || isBreak(c))) {
        words.add(word);
        word = 0;
      }
      if (alone) {
        words.add(StableHash.mix(c));
      } else if (!isBreak(c)) {
        word = StableHash.mix(word ^ c);
      }
    }
    if (word != 0) {
      words.add(word);
    }
    return words.toArray();
  }

  private static boolean isBreak(int c) {
    return switch (Character.getType(c)) {
      case Character.CONNECTOR_PUNCTUATION,
          Character.DASH_PUNCTUATION,
          Character.START_PUNCTUATION,
          Character.END_PUNCTUATION,
          Character.INITIAL_QUOTE_PUNCTUATION,
          Character.FINAL_QUOTE_PUNCTUATION,
          Character.OTHER_PUNCTUATION,
          Character.SPACE_SEPARATOR,
          Character.CONTROL,
          Character.FORMAT ->
          true;
      default -> false;
    };
  }
}
