package org.pocketdistill.tokenize;

import java.util.List;

/**
 * A trained byte-level BPE vocabulary.
 *
 * @param tokens every token in the order of its id: {@link SpecialTokens#ALL}, the 256 bytes
 *     ascending by their character, then merged tokens; bytes are written in GPT-2's alphabet
 * @param merges the merge rules, strongest first, each as {@code "left right"}
 */
public record BpeVocabulary(List<String> tokens, List<String> merges) {
  public BpeVocabulary {
    tokens = List.copyOf(tokens);
    merges = List.copyOf(merges);
  }
}
