package org.pocketdistill.template;

/** Python's escapes in string literals. */
final class Escapes {
  private Escapes() {}

  /**
   * The text with its escapes resolved; unknown ones stay as they are.
   *
   * @throws Failure if digits are missing
   */
  static String resolved(String text) {
    if (text.indexOf('\\') < 0) {
      return text;
    }
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != '\\' || i + 1 == text.length()) {
        out.append(c);
      } else {
        i = escape(text, i + 1, out);
      }
    }
    return out.toString();
  }

  /** Appends what the escape stands for; gives the index of its last character. */
  private static int escape(String text, int at, StringBuilder out) {
    char c = text.charAt(at);
    switch (c) {
      case '\n' -> {
        // a string that goes on in the next line
      }
      case 'n' -> out.append('\n');
      case 't' -> out.append('\t');
      case 'r' -> out.append('\r');
      case 'b' -> out.append('\b');
      case 'f' -> out.append('\f');
      case 'a' -> out.append('\u0007');
      case 'v' -> out.append('\u000b');
      case '\\', '\'', '"' -> out.append(c);
      case 'x' -> {
        return hexadecimal(text, at, 2, out);
      }
      case 'u' -> {
        return hexadecimal(text, at, 4, out);
      }
      case 'U' -> {
        return hexadecimal(text, at, 8, out);
      }
      case 'N' -> throw new Failure("the escape \\N is not supported");
      default -> {
        if (c >= '0' && c <= '7') {
          return octal(text, at, out);
        }
        out.append('\\').append(c);
      }
    }
    return at;
  }

  private static int hexadecimal(String text, int at, int digits, StringBuilder out) {
    int end = at + 1 + digits;
    long value = 0;
    for (int i = at + 1; i < end; i++) {
      int digit =
          i < text.length() && text.charAt(i) < 0x80 ? Character.digit(text.charAt(i), 16) : -1;
      if (digit < 0) {
        throw new Failure("truncated escape \\" + text.charAt(at));
      }
      value = value * 16 + digit;
    }
    if (value > Character.MAX_CODE_POINT) {
      throw new Failure("an escape of no character: \\" + text.substring(at, end));
    }
    out.appendCodePoint((int) value);
    return end - 1;
  }

  private static int octal(String text, int at, StringBuilder out) {
    int end = at;
    int value = 0;
    while (end < Math.min(text.length(), at + 3)
        && text.charAt(end) >= '0'
        && text.charAt(end) <= '7') {
      value = value * 8 + (text.charAt(end) - '0');
      end++;
    }
    out.append((char) value);
    return end - 1;
  }
}
