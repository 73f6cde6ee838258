package org.pocketdistill.tokenize;

import java.util.List;

/**
 * A trained byte-level BPE vocabulary.
 *
 * @param preTokenizer what cuts texts before merges
 * @param tokens every token in the order of its id: {@link SpecialTokens#ALL}, the 256 bytes
 *     ascending by their character, then merged tokens; bytes are written in GPT-2's alphabet
 * @param merges the merge rules, strongest first, each as {@code "left right"}
 */
public record BpeVocabulary(PreTokenizer preTokenizer, List<String> tokens, List<String> merges) {
  public BpeVocabulary {
    tokens = List.copyOf(tokens);
    merges = List.copyOf(merges);
  }
}
