package org.pocketdistill.tokenize;

import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cuts text into the pieces that byte-pair merges never cross.
 *
 * <p>The rule is the one of Qwen2 and its descendants (all runtimes know it): English contractions;
 * a run of letters of any script with at most one leading character that is no letter, digit or
 * line break; each digit alone; a run of symbols with at most one leading blank; line breaks; other
 * white space.
 */
final class PreTokenizer {
  /** The rule as a regular expression that Oniguruma and {@link Pattern} read alike. */
  static final String PATTERN =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
          + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+"
          + "|\\p{N}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
          + "|\\s*[\\r\\n]+"
          + "|\\s+(?!\\S)"
          + "|\\s+";

  // Oniguruma's \s is Unicode white space; Java's is ASCII without this flag
  private static final Pattern PIECE = Pattern.compile(PATTERN, Pattern.UNICODE_CHARACTER_CLASS);

  private PreTokenizer() {}

  /** Gives every piece of the text, in order; together they are the text. */
  static void split(String text, Consumer<String> pieces) {
    Matcher matcher = PIECE.matcher(text);
    while (matcher.find()) {
      pieces.accept(matcher.group());
    }
  }
}
