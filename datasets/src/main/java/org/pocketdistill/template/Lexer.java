package org.pocketdistill.template;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.pocketdistill.template.Token.Kind;

/**
 * Cuts a template into text and tags, and does Jinja's white space control: {@code -} strips to the
 * next text; without {@code +}, a block or comment alone on its line takes the blanks before it and
 * the line break after it along; one line break at the end of the template is dropped.
 */
final class Lexer {
  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private final int[] lineBreaks;
  private int position;
  private boolean startsLine = true;

  Lexer(String source) {
    String normalized = source.replace("\r\n", "\n").replace('\r', '\n');
    this.source =
        normalized.endsWith("\n") ? normalized.substring(0, normalized.length() - 1) : normalized;
    this.lineBreaks =
        IntStream.range(0, this.source.length())
            .filter(i -> this.source.charAt(i) == '\n')
            .toArray();
  }

  /** The line that has been come to. */
  int line() {
    return line(Math.min(position, source.length()));
  }

  private int line(int at) {
    int found = Arrays.binarySearch(lineBreaks, at);
    return (found < 0 ? -found - 1 : found) + 1;
  }

  List<Token> tokens() {
    while (position < source.length()) {
      int tag = nextTag();
      if (tag < 0) {
        data(source.substring(position));
        position = source.length();
      } else {
        tag(tag);
      }
    }
    add(Kind.END, "");
    return tokens;
  }

  private void add(Kind kind, String text) {
    tokens.add(new Token(kind, text, line()));
  }

  private void data(String text) {
    if (!text.isEmpty()) {
      add(Kind.DATA, text);
    }
  }

  private int nextTag() {
    for (int i = source.indexOf('{', position); i >= 0; i = source.indexOf('{', i + 1)) {
      if (source.startsWith("{%", i) || source.startsWith("{{", i) || source.startsWith("{#", i)) {
        return i;
      }
    }
    return -1;
  }

  private void tag(int begin) {
    char kind = source.charAt(begin + 1);
    char sign = begin + 2 < source.length() ? source.charAt(begin + 2) : ' ';
    boolean signed = sign == '-' || sign == '+';
    data(before(begin, kind, signed ? sign : ' '));
    position = begin;
    int inside = begin + (signed ? 3 : 2);
    switch (kind) {
      case '#' -> comment(inside);
      case '{' -> expression(inside, Kind.PRINT_BEGIN, Kind.PRINT_END);
      default -> {
        int raw = afterWord(inside, "raw");
        int end = raw < 0 ? -1 : afterRawBegin(raw);
        if (end >= 0) {
          raw(end);
        } else {
          expression(inside, Kind.BLOCK_BEGIN, Kind.BLOCK_END);
        }
      }
    }
  }

  /** The text before a tag, without what the tag's sign or its place on the line takes away. */
  private String before(int begin, char kind, char sign) {
    String text = source.substring(position, begin);
    int end = text.length();
    while (end > 0 && PythonText.isSpace(text.charAt(end - 1))) {
      end--;
    }
    if (sign == '-') {
      return text.substring(0, end);
    }
    int lineStart = text.lastIndexOf('\n') + 1;
    boolean alone = end <= lineStart && (lineStart > 0 || startsLine);
    return alone && sign != '+' && kind != '{' ? text.substring(0, lineStart) : text;
  }

  private void comment(int inside) {
    int end = source.indexOf("#}", inside);
    if (end < 0) {
      throw new Failure("missing end of comment tag");
    }
    char sign = end > inside ? source.charAt(end - 1) : ' ';
    finish(sign == '-' ? '-' : sign == '+' ? '+' : ' ', end + 2, true);
  }

  /** Goes behind a tag's end and what that takes away of the text after it. */
  private void finish(char sign, int after, boolean trims) {
    int end = after;
    if (sign == '-') {
      end = skipSpace(end);
    } else if (sign != '+' && trims && source.startsWith("\n", end)) {
      end++;
    }
    startsLine = source.charAt(end - 1) == '\n';
    position = end;
  }

  private int skipSpace(int from) {
    int at = from;
    while (at < source.length() && PythonText.isSpace(source.charAt(at))) {
      at++;
    }
    return at;
  }

  /** Where a word ends that stands here after white space; -1 if another stands here. */
  private int afterWord(int from, String word) {
    int at = skipSpace(from);
    return source.startsWith(word, at) ? skipSpace(at + word.length()) : -1;
  }

  private int afterRawBegin(int at) {
    return source.startsWith("-%}", at)
        ? skipSpace(at + 3)
        : source.startsWith("%}", at) ? at + 2 : -1;
  }

  private void raw(int begin) {
    position = begin;
    startsLine = source.charAt(begin - 1) == '\n';
    for (int tag = source.indexOf("{%", begin); tag >= 0; tag = source.indexOf("{%", tag + 2)) {
      char sign = tag + 2 < source.length() ? source.charAt(tag + 2) : ' ';
      boolean signed = sign == '-' || sign == '+';
      int end = afterWord(tag + (signed ? 3 : 2), "endraw");
      if (end < 0) {
        continue;
      }
      char endSign = end < source.length() ? source.charAt(end) : ' ';
      int close = endSign == '-' || endSign == '+' ? end + 1 : end;
      if (source.startsWith("%}", close)) {
        data(before(tag, '%', signed ? sign : ' '));
        finish(endSign, close + 2, true);
        return;
      }
    }
    throw new Failure("missing end of raw directive");
  }

  private void expression(int inside, Kind beginKind, Kind endKind) {
    boolean block = endKind == Kind.BLOCK_END;
    add(beginKind, block ? "{%" : "{{");
    String close = block ? "%}" : "}}";
    position = inside;
    TagLexer tag = new TagLexer(source, close, block);
    while (true) {
      position = skipSpace(position);
      char sign = tag.endSign(position);
      if (sign != TagLexer.NO_END) {
        add(endKind, close);
        finish(sign, position + close.length() + (sign == ' ' ? 0 : 1), block);
        return;
      }
      if (position >= source.length()) {
        return; // the parser says what is missing
      }
      position = tag.next(position, (kind, text) -> add(kind, text));
    }
  }
}
