package org.pocketdistill.template;

import java.util.Locale;

/** Upper and lower case, as Python has them. */
final class Casing {
  private Casing() {}

  static String upper(String text) {
    return text.toUpperCase(Locale.ROOT);
  }

  static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }

  static String capitalized(String text) {
    if (text.isEmpty()) {
      return text;
    }
    int first = Character.charCount(text.codePointAt(0));
    return titled(text.substring(0, first)) + lower(text.substring(first));
  }

  /** Title case of one character, which may become two. */
  private static String titled(String character) {
    int c = character.codePointAt(0);
    int title = Character.toTitleCase(c);
    String upper = upper(character);
    boolean several = upper.codePointCount(0, upper.length()) > 1;
    return several ? upper.substring(0, 1) + lower(upper.substring(1)) : Character.toString(title);
  }

  /** Python's {@code str.title}: a letter after one that has no case begins a word. */
  static String pythonTitle(String text) {
    StringBuilder out = new StringBuilder(text.length());
    boolean inWord = false;
    for (int c : text.codePoints().toArray()) {
      String character = Character.toString(c);
      out.append(inWord ? lower(character) : titled(character));
      inWord = Character.isUpperCase(c) || Character.isLowerCase(c) || Character.isTitleCase(c);
    }
    return out.toString();
  }

  /** Jinja's filter {@code title}: words begin after white space and opening signs. */
  static String jinjaTitle(String text) {
    StringBuilder out = new StringBuilder(text.length());
    StringBuilder word = new StringBuilder();
    for (int c : text.codePoints().toArray()) {
      boolean breaks = "-({[<".indexOf(c) >= 0 || (c < 0x10000 && PythonText.isSpace((char) c));
      if (breaks) {
        out.append(titledWord(word.toString())).appendCodePoint(c);
        word.setLength(0);
      } else {
        word.appendCodePoint(c);
      }
    }
    return out.append(titledWord(word.toString())).toString();
  }

  private static String titledWord(String word) {
    if (word.isEmpty()) {
      return word;
    }
    int first = Character.charCount(word.codePointAt(0));
    return upper(word.substring(0, first)) + lower(word.substring(first));
  }
}
