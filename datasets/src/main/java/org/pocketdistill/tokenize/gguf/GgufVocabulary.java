package org.pocketdistill.tokenize.gguf;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a GGUF file says of its tokenizer: the values of {@code tokenizer.ggml.*} as they were read.
 * Nothing is checked here; {@link GgufTokenizer#of} does that.
 *
 * @param model {@code tokenizer.ggml.model}: {@code gpt2} is byte-level BPE, {@code llama} is
 *     SentencePiece
 * @param pre {@code pre}: the rule that cuts texts before merges
 * @param tokens {@code tokens}: every token, in the order of its id
 * @param types {@code token_type} of every token, empty where the key is absent
 * @param scores {@code scores} of every token, empty where the key is absent
 * @param merges {@code merges}, strongest first, each as {@code "left right"}; empty where absent
 * @param specialIds ids of the tokens with a purpose
 * @param flags what is added to a text
 * @param chatTemplate {@code tokenizer.chat_template}, Jinja source
 */
public record GgufVocabulary(
    String model,
    Optional<String> pre,
    List<String> tokens,
    List<Integer> types,
    List<Float> scores,
    List<String> merges,
    SpecialIds specialIds,
    Flags flags,
    Optional<String> chatTemplate) {
  /** Below that of every token in use, as llama.cpp's converter has it. */
  private static final float UNUSED_SCORE = -10_000;

  public GgufVocabulary {
    tokens = List.copyOf(tokens);
    types = List.copyOf(types);
    scores = List.copyOf(scores);
    merges = List.copyOf(merges);
  }

  /** The same with scores. */
  GgufVocabulary withScores(List<Float> values) {
    return new GgufVocabulary(
        model, pre, tokens, types, values, merges, specialIds, flags, chatTemplate);
  }

  /**
   * The same with unused tokens after the last, for a model whose matrices have more rows than the
   * vocabulary has tokens.
   *
   * @param size number of tokens, at least that of now
   */
  public GgufVocabulary padded(int size) {
    List<String> texts = new ArrayList<>(tokens);
    List<Integer> kinds = new ArrayList<>(types);
    List<Float> strengths = new ArrayList<>(scores);
    while (kinds.size() < texts.size()) {
      kinds.add(TokenType.NORMAL.number());
    }
    for (int id = tokens.size(); id < size; id++) {
      texts.add("[PAD" + id + "]");
      kinds.add(TokenType.UNUSED.number());
      if (!scores.isEmpty()) {
        strengths.add(UNUSED_SCORE);
      }
    }
    return new GgufVocabulary(
        model, pre, texts, kinds, strengths, merges, specialIds, flags, chatTemplate);
  }

  /**
   * Ids of the tokens with a purpose, as in the file: unsigned, and perhaps out of range.
   *
   * @param bos {@code bos_token_id}
   * @param eos {@code eos_token_id}
   * @param unknown {@code unknown_token_id}
   * @param padding {@code padding_token_id}
   */
  public record SpecialIds(
      OptionalLong bos, OptionalLong eos, OptionalLong unknown, OptionalLong padding) {
    /** A file that names none. */
    public static final SpecialIds NONE =
        new SpecialIds(
            OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty());
  }

  /**
   * What is added to a text; llama.cpp's default holds where the key is absent.
   *
   * @param addBos {@code add_bos_token}
   * @param addEos {@code add_eos_token}
   * @param addSpacePrefix {@code add_space_prefix}, of SentencePiece only
   */
  public record Flags(
      Optional<Boolean> addBos, Optional<Boolean> addEos, Optional<Boolean> addSpacePrefix) {
    /** A file that has none of the keys. */
    public static final Flags ABSENT =
        new Flags(Optional.empty(), Optional.empty(), Optional.empty());
  }
}
