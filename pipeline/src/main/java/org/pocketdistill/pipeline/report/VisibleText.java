package org.pocketdistill.pipeline.report;

/**
 * Text of unknown origin made fit to be shown on one line: control characters and those that turn
 * the direction of writing are spelled out, long texts are cut.
 */
final class VisibleText {
  private static final int MAX_CHARACTERS = 600;

  private VisibleText() {}

  static String of(String text) {
    StringBuilder visible = new StringBuilder();
    int[] codePoints = text.codePoints().limit(MAX_CHARACTERS).toArray();
    for (int c : codePoints) {
      if (c == '\n') {
        visible.append("↵ ");
      } else if (isHidden(c)) {
        visible.append(Figures.text("\\u%04x", c));
      } else {
        visible.appendCodePoint(c);
      }
    }
    if (text.codePointCount(0, text.length()) > MAX_CHARACTERS) {
      visible.append('…');
    }
    return visible.toString();
  }

  private static boolean isHidden(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.UNASSIGNED ->
          true;
      default -> false;
    };
  }
}
