package org.pocketdistill.tokenize.gguf;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.pocketdistill.data.DataException;

/**
 * Scores of a SentencePiece vocabulary from its merges, the way back of {@link ScoredMerges}: of
 * merged tokens the one that is merged first has the highest score. Only their order counts.
 */
final class MergeScores {
  private MergeScores() {}

  /**
   * A score for each token.
   *
   * @param file named in messages
   * @param merges strongest first, each as {@code "left right"}
   * @throws DataException if no scores give these merges
   */
  static List<Float> of(String file, List<String> merges, TokenTable tokens) {
    Map<String, Integer> rank = new LinkedHashMap<>();
    for (String merge : merges) {
      rank.putIfAbsent(merge.replace(" ", ""), rank.size() + 1);
    }
    Float[] scores = new Float[tokens.size()];
    for (int id = 0; id < scores.length; id++) {
      boolean byMerges =
          tokens.type(id) == TokenType.NORMAL || tokens.type(id) == TokenType.USER_DEFINED;
      int place = rank.getOrDefault(tokens.text(id), rank.size() + 1);
      scores[id] = byMerges ? -(float) place : 0f;
    }
    List<Float> list = Arrays.asList(scores);
    List<String> missing = new ArrayList<>(ScoredMerges.of(file, list, tokens));
    missing.removeAll(new HashSet<>(merges));
    if (!missing.isEmpty()) {
      throw new DataException(
          "%s: model.merges: '%s' is not among them, expected every way to make a token of two"
                  .formatted(file, TokenTable.shown(missing.get(0)))
              + " others: a GGUF file has no merges of a SentencePiece vocabulary, only scores");
    }
    return list;
  }
}
