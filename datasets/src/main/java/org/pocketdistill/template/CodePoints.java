package org.pocketdistill.template;

/** Strings by code points, as Python counts them; Java counts UTF-16 units. */
final class CodePoints {
  private CodePoints() {}

  static int length(String text) {
    return text.codePointCount(0, text.length());
  }

  /** Index in UTF-16 units of a code point. */
  static int unit(String text, int codePoint) {
    return text.offsetByCodePoints(0, codePoint);
  }

  /** As {@link String#compareTo} but in the order of code points. */
  static int compare(String left, String right) {
    int length = Math.min(left.length(), right.length());
    for (int i = 0; i < length; i++) {
      char a = left.charAt(i);
      char b = right.charAt(i);
      if (a != b) {
        boolean mixed = Character.isSurrogate(a) != Character.isSurrogate(b);
        return mixed ? (Character.isSurrogate(a) ? 1 : -1) : Character.compare(a, b);
      }
    }
    return Integer.compare(left.length(), right.length());
  }
}
