package org.pocketdistill.data;

import java.util.List;

/** Values from files, made fit to stand in a message: on one line, and not long. */
public final class Excerpt {
  private static final int MAX_LENGTH = 80;
  private static final int MAX_NAMES = 12;

  private Excerpt() {}

  /** The beginning of the text; blanks of any kind become a space, control characters a dot. */
  public static String of(String text) {
    StringBuilder shown = new StringBuilder();
    text.codePoints()
        .limit(MAX_LENGTH)
        .map(c -> Character.isWhitespace(c) ? ' ' : c)
        .map(c -> Character.isISOControl(c) ? '.' : c)
        .forEach(shown::appendCodePoint);
    return shown.length() < text.length() ? shown + "…" : shown.toString();
  }

  /** The first of the names, separated by commas. */
  static String ofNames(List<String> names) {
    if (names.isEmpty()) {
      return "no fields";
    }
    String shown = String.join(", ", names.stream().limit(MAX_NAMES).map(Excerpt::of).toList());
    int more = names.size() - MAX_NAMES;
    return more > 0 ? shown + " and " + more + " more" : shown;
  }
}
