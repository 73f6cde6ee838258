package org.pocketdistill.tokenize.gguf;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.pocketdistill.data.DataException;
import org.pocketdistill.tokenize.HfTokenizer;

/**
 * Texts on which a vocabulary that was made for a GGUF file must give the ids of the tokenizer that
 * it was made from: what neither the rules' names nor the options tell shows here.
 */
final class VocabularyProbe {
  private static final int MOST_ADDED = 64;
  private static final List<String> TEXTS =
      List.of(
          "",
          " ",
          "Hello, world!",
          "  two blanks, then\ttabs\t\tand   more  ",
          "line\nbreaks\r\n\r\n  with blanks\n \n\n\nbehind",
          "1234567890 3.14159 12,345.678 x12y345 ½ ² ٣٤٥",
          "don't I'LL we've they'RE O'Neill ''quoted''",
          "iPhone15 HelloWorld snake_case camelCase kebab-case",
          "def f(x):\n    return {\"a\": [x + 1, x ** 2], 'b': x != 0}  # ok",
          "{\"name\": \"set_alarm\", \"arguments\": {\"time\": \"07:30\"}}",
          "https://example.org/path?q=1&r=2#top <b>bold</b> $5.00 100% @user",
          "把闹钟设在七点半，谢谢！ 日本語のテキスト 한국어 ไทย",
          "Übergröße façade naïve Привет мир العربية עברית नमस्ते",
          "🙂 👩‍👩‍👧 🇪🇺 ∑∞≠ “quotes” — dash … ﷺ \u00a0nbsp");

  private VocabularyProbe() {}

  /**
   * Compares ids.
   *
   * @param file what the vocabulary was made from, named in messages
   * @param added texts of added tokens
   * @throws DataException if they differ, or the vocabulary does not hold
   */
  static void requireSameIds(
      String file, HfTokenizer expected, GgufVocabulary vocabulary, List<String> added) {
    List<String> texts = new ArrayList<>(TEXTS);
    added.stream().limit(MOST_ADDED).forEach(token -> texts.add("a " + token + " b" + token + "c"));
    try (HfTokenizer found = GgufTokenizer.of(file, vocabulary, Integer.MAX_VALUE).open()) {
      for (String text : texts) {
        int[] ids = expected.encodeWithSpecialTokens(text);
        int[] made = found.encodeWithSpecialTokens(text);
        if (!Arrays.equals(ids, made)) {
          throw new DataException(
              "%s: a GGUF file cannot carry this tokenizer: its ids of '%s' are %s, llama.cpp's would be %s"
                  .formatted(
                      file, TokenTable.shown(text), Arrays.toString(ids), Arrays.toString(made)));
        }
      }
    }
  }
}
