package org.pocketdistill.tokenize.gguf;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.pocketdistill.data.DataException;

/** The tokens of a vocabulary, checked: each has a text of its own and a type. */
final class TokenTable {
  // the largest vocabularies in use have 262,144 tokens
  private static final int MAX_TOKENS = 1 << 21;
  // the longest tokens in use are runs of a few hundred blanks or signs
  private static final int MAX_LENGTH = 1024;
  private static final int SHOWN = 40;

  private final List<String> texts;
  private final List<TokenType> types;
  private final Map<String, Integer> ids;

  private TokenTable(List<String> texts, List<TokenType> types, Map<String, Integer> ids) {
    this.texts = texts;
    this.types = types;
    this.ids = ids;
  }

  /**
   * Checks tokens and types.
   *
   * @throws DataException if there are none or too many, two alike, one of wild length, types that
   *     are not one for each token or not known
   */
  static TokenTable of(String source, GgufVocabulary vocabulary) {
    int count = vocabulary.tokens().size();
    if (count == 0 || count > MAX_TOKENS) {
      throw new DataException(
          "%s: tokenizer.ggml.tokens: %d tokens, expected 1 to %d"
              .formatted(source, count, MAX_TOKENS));
    }
    requireOneEach(source, "token_type", vocabulary.types().size(), count);
    List<String> texts = new ArrayList<>(count);
    List<TokenType> types = new ArrayList<>(count);
    Map<String, Integer> ids = new HashMap<>(2 * count);
    for (int id = 0; id < count; id++) {
      String text = text(source, id, vocabulary.tokens().get(id));
      Integer other = ids.put(text, id);
      if (other != null) {
        throw new DataException(
            "%s: tokenizer.ggml.tokens[%d] '%s': the same as token %d, expected tokens that differ"
                .formatted(source, id, shown(text), other));
      }
      texts.add(text);
      types.add(type(source, id, vocabulary.types()));
    }
    return new TokenTable(texts, types, ids);
  }

  /** An array beside the tokens is absent or has an element for each of them. */
  static void requireOneEach(String source, String key, int found, int tokens) {
    if (found != 0 && found != tokens) {
      throw new DataException(
          "%s: tokenizer.ggml.%s: %d elements, expected one for each of the %d tokens"
              .formatted(source, key, found, tokens));
    }
  }

  private static String text(String source, int id, String text) {
    if (text.length() > MAX_LENGTH) {
      throw new DataException(
          "%s: tokenizer.ggml.tokens[%d] '%s': %d characters, expected at most %d"
              .formatted(source, id, shown(text), text.length(), MAX_LENGTH));
    }
    // llama.cpp's name for an id that has no token
    return text.isEmpty() ? "[EMPTY_" + id + "]" : text;
  }

  private static TokenType type(String source, int id, List<Integer> types) {
    return types.isEmpty()
        ? TokenType.NORMAL
        : TokenType.of(types.get(id))
            .orElseThrow(
                () ->
                    new DataException(
                        "%s: tokenizer.ggml.token_type[%d]: %d, expected 1 to 6"
                            .formatted(source, id, types.get(id))));
  }

  /** A token as a message shows it. */
  static String shown(String text) {
    String line = text.replace("\n", "\\n").replace("\r", "\\r");
    return line.length() <= SHOWN ? line : line.substring(0, SHOWN) + "…";
  }

  int size() {
    return texts.size();
  }

  String text(int id) {
    return texts.get(id);
  }

  TokenType type(int id) {
    return types.get(id);
  }

  OptionalInt id(String text) {
    Integer id = ids.get(text);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  boolean contains(String text) {
    return ids.containsKey(text);
  }
}
