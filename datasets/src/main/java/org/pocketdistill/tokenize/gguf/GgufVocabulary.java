package org.pocketdistill.tokenize.gguf;

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
  public GgufVocabulary {
    tokens = List.copyOf(tokens);
    types = List.copyOf(types);
    scores = List.copyOf(scores);
    merges = List.copyOf(merges);
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
