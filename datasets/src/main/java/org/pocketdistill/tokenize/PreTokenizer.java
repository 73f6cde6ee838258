package org.pocketdistill.tokenize;

import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Cuts text into the pieces that byte-pair merges never cross. */
public enum PreTokenizer {
  /**
   * The rule of Qwen2 and its descendants, which every runtime knows: English contractions; a run
   * of letters of any script with at most one leading character that is no letter, digit or line
   * break; each digit alone; a run of symbols with at most one leading blank; line breaks; other
   * white space.
   */
  QWEN2(
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
          + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+"
          + "|\\p{N}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
          + "|\\s*[\\r\\n]+"
          + "|\\s+(?!\\S)"
          + "|\\s+"),

  /**
   * Words on their own: an ideograph; a run of other letters and underscores; a digit; a run of
   * symbols; a white space character.
   *
   * <p>A word has the same tokens after a blank, after a quotation mark and inside a sentence of
   * ideographs, so that a small model can copy it from a command into a call without having to
   * learn that two spellings are one. Texts are longer in tokens by about a third.
   */
  WORDS(
      "[\u3400-\u4dbf\u4e00-\u9fff]"
          + "|(?:(?![\u3400-\u4dbf\u4e00-\u9fff])[\\p{L}\\p{M}_])+"
          + "|\\p{N}"
          + "|[^\\s\\p{L}\\p{M}\\p{N}_]+"
          + "|\\s");

  private final String pattern;
  private final Pattern piece;

  PreTokenizer(String pattern) {
    this.pattern = pattern;
    // Oniguruma's \s is Unicode white space; Java's is ASCII without this flag
    this.piece = Pattern.compile(pattern, Pattern.UNICODE_CHARACTER_CLASS);
  }

  /** The rule as a regular expression that Oniguruma and {@link Pattern} read alike. */
  String pattern() {
    return pattern;
  }

  /** Gives every piece of the text, in order; together they are the text. */
  void split(String text, Consumer<String> pieces) {
    Matcher matcher = piece.matcher(text);
    while (matcher.find()) {
      pieces.accept(matcher.group());
    }
  }
}
