package org.pocketdistill.template;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.BiConsumer;
import org.pocketdistill.template.Token.Kind;

/** Cuts what stands within a tag into names, numbers, strings and operators. */
final class TagLexer {
  static final char NO_END = 0;

  /** Longer ones first. */
  private static final List<String> OPERATORS =
      List.of(
          "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{",
          "}", ">", "<", "=", ".", ":", "|", ",", ";");

  private final String source;
  private final String close;
  private final boolean block;
  private final Deque<String> brackets = new ArrayDeque<>();

  TagLexer(String source, String close, boolean block) {
    this.source = source;
    this.close = close;
    this.block = block;
  }

  /** The sign before the tag's end, a blank if it has none; {@link #NO_END} if it is not here. */
  char endSign(int at) {
    if (!brackets.isEmpty()) {
      return NO_END;
    }
    if (source.startsWith(close, at)) {
      return ' ';
    }
    if (at < source.length() && source.startsWith(close, at + 1)) {
      char sign = source.charAt(at);
      return sign == '-' || (sign == '+' && block) ? sign : NO_END;
    }
    return NO_END;
  }

  /** Gives the token that begins here; tells where the next may begin. */
  int next(int at, BiConsumer<Kind, String> tokens) {
    char c = source.charAt(at);
    if (c >= '0' && c <= '9') {
      return number(at, tokens);
    }
    if (c == '\'' || c == '"') {
      return string(at, tokens);
    }
    if (c == '_' || Character.isLetter(source.codePointAt(at))) {
      int end = at;
      while (end < source.length() && isNamePart(source.codePointAt(end))) {
        end += Character.charCount(source.codePointAt(end));
      }
      tokens.accept(Kind.NAME, source.substring(at, end));
      return end;
    }
    for (String operator : OPERATORS) {
      if (source.startsWith(operator, at)) {
        balance(operator);
        tokens.accept(Kind.OPERATOR, operator);
        return at + operator.length();
      }
    }
    throw new Failure("unexpected char '" + Character.toString(source.codePointAt(at)) + "'");
  }

  private static boolean isNamePart(int c) {
    return c == '_' || Character.isLetterOrDigit(c);
  }

  private void balance(String operator) {
    switch (operator) {
      case "(" -> brackets.push(")");
      case "[" -> brackets.push("]");
      case "{" -> brackets.push("}");
      case ")", "]", "}" -> {
        String expected = brackets.isEmpty() ? "" : brackets.pop();
        if (!expected.equals(operator)) {
          throw new Failure(
              "unexpected '%s'%s"
                  .formatted(operator, expected.isEmpty() ? "" : ", expected '" + expected + "'"));
        }
      }
      default -> {
        // does not open or close anything
      }
    }
  }

  private int number(int at, BiConsumer<Kind, String> tokens) {
    int radixEnd = prefixed(at);
    if (radixEnd > at) {
      tokens.accept(Kind.INTEGER, source.substring(at, radixEnd).replace("_", ""));
      return radixEnd;
    }
    int whole = digits(at);
    int end = whole;
    // after a dot it is an element of a tuple: x.0.1
    if (at == 0 || source.charAt(at - 1) != '.') {
      int fraction = source.startsWith(".", whole) ? digits(whole + 1) : whole + 1;
      end = fraction > whole + 1 ? fraction : whole;
      end = exponent(end);
    }
    String text = source.substring(at, end).replace("_", "");
    if (end == whole && text.length() > 1 && text.startsWith("0") && !text.matches("0+")) {
      throw new Failure("a whole number with leading zeros: " + text);
    }
    tokens.accept(end > whole ? Kind.FLOAT : Kind.INTEGER, text);
    return end;
  }

  private int prefixed(int at) {
    if (!source.startsWith("0", at) || at + 1 >= source.length()) {
      return at;
    }
    int radix =
        switch (Character.toLowerCase(source.charAt(at + 1))) {
          case 'x' -> 16;
          case 'o' -> 8;
          case 'b' -> 2;
          default -> 0;
        };
    int end = at + 2;
    while (radix > 0 && end < source.length() && isDigit(source.charAt(end), radix)) {
      end++;
    }
    return radix > 0 && end > at + 2 ? end : at;
  }

  private static boolean isDigit(char c, int radix) {
    return c < 0x80 && (Character.digit(c, radix) >= 0 || c == '_');
  }

  /** Behind digits, between which underscores may stand. */
  private int digits(int from) {
    int at = from;
    while (at < source.length() && isDigit(source.charAt(at), 10)) {
      if (source.charAt(at) == '_' && (at == from || !digitFollows(at))) {
        break;
      }
      at++;
    }
    return at;
  }

  private boolean digitFollows(int at) {
    return at + 1 < source.length()
        && source.charAt(at + 1) != '_'
        && isDigit(source.charAt(at + 1), 10);
  }

  private int exponent(int at) {
    if (at >= source.length() || Character.toLowerCase(source.charAt(at)) != 'e') {
      return at;
    }
    boolean signed = source.startsWith("+", at + 1) || source.startsWith("-", at + 1);
    int begin = at + (signed ? 2 : 1);
    int end = digits(begin);
    return end > begin ? end : at;
  }

  private int string(int at, BiConsumer<Kind, String> tokens) {
    char quote = source.charAt(at);
    for (int i = at + 1; i < source.length(); i++) {
      char c = source.charAt(i);
      if (c == '\\') {
        i++;
      } else if (c == quote) {
        tokens.accept(Kind.STRING, Escapes.resolved(source.substring(at + 1, i)));
        return i + 1;
      }
    }
    throw new Failure("a string without its end");
  }
}
