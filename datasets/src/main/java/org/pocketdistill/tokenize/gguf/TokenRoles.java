package org.pocketdistill.tokenize.gguf;

import java.util.Locale;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.pocketdistill.data.DataException;

/**
 * The tokens with a purpose, checked, and what is put around a text.
 *
 * @param addBos {@code bos} comes before a text
 * @param addEos {@code eos} comes after a text
 */
record TokenRoles(
    OptionalInt bos,
    OptionalInt eos,
    OptionalInt unknown,
    OptionalInt padding,
    boolean addBos,
    boolean addEos) {

  /**
   * Takes the ids of the file, else the defaults.
   *
   * @throws DataException if an id is out of range, or a token is to be added that is not named
   */
  static TokenRoles of(String source, GgufVocabulary vocabulary, Defaults defaults) {
    int tokens = vocabulary.tokens().size();
    GgufVocabulary.SpecialIds ids = vocabulary.specialIds();
    Resolver resolver = new Resolver(source, tokens);
    TokenRoles roles =
        new TokenRoles(
            resolver.id("bos_token_id", ids.bos(), defaults.bos()),
            resolver.id("eos_token_id", ids.eos(), defaults.eos()),
            resolver.id("unknown_token_id", ids.unknown(), defaults.unknown()),
            resolver.id("padding_token_id", ids.padding(), OptionalInt.empty()),
            vocabulary.flags().addBos().orElse(defaults.addBos()),
            vocabulary.flags().addEos().orElse(false));
    requireNamed(source, roles.addBos, "bos", roles.bos);
    requireNamed(source, roles.addEos, "eos", roles.eos);
    return roles;
  }

  private static void requireNamed(String source, boolean added, String role, OptionalInt id) {
    if (added && id.isEmpty()) {
      throw new DataException(
          "%s: the tokenizer adds a %s token to every text (tokenizer.ggml.add_%s_token), but there"
                  .formatted(source, role.toUpperCase(Locale.ROOT), role)
              + " is no tokenizer.ggml.%s_token_id".formatted(role));
    }
  }

  /** What llama.cpp assumes where a key is absent. */
  record Defaults(OptionalInt bos, OptionalInt eos, OptionalInt unknown, boolean addBos) {
    /** Of byte-level BPE: llama.cpp's id 11 for BOS and EOS is Falcon's, so none is taken. */
    static Defaults byteLevel(boolean addBos) {
      return new Defaults(OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty(), addBos);
    }

    /** Of SentencePiece: the ids of Llama. */
    static Defaults sentencePiece() {
      return new Defaults(OptionalInt.of(1), OptionalInt.of(2), OptionalInt.of(0), true);
    }
  }

  private record Resolver(String source, int tokens) {
    OptionalInt id(String key, OptionalLong given, OptionalInt byDefault) {
      if (given.isEmpty()) {
        return byDefault.isPresent() && byDefault.getAsInt() < tokens
            ? byDefault
            : OptionalInt.empty();
      }
      long id = given.getAsLong();
      if (id < 0 || id >= tokens) {
        throw new DataException(
            "%s: tokenizer.ggml.%s: %d, expected the id of a token, 0 to %d"
                .formatted(source, key, id, tokens - 1));
      }
      return OptionalInt.of((int) id);
    }
  }
}
