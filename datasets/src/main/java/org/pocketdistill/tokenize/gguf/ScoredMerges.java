package org.pocketdistill.tokenize.gguf;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import org.pocketdistill.data.DataException;

/**
 * SentencePiece's scores as merges. It joins the neighbours that make the token with the highest
 * score; so every way to make a token of two others is a merge, and the merges are in the order of
 * the scores of what they make.
 */
final class ScoredMerges {
  private ScoredMerges() {}

  /**
   * The merges of all tokens, strongest first; of equal scores by the ids of left and right.
   *
   * @throws DataException if there is not one score for each token, or one is no number
   */
  static List<String> of(String source, List<Float> scores, TokenTable tokens) {
    if (scores.isEmpty()) {
      throw new DataException(
          source + ": no tokenizer.ggml.scores, expected those of a SentencePiece vocabulary");
    }
    TokenTable.requireOneEach(source, "scores", scores.size(), tokens.size());
    List<Merge> merges = new ArrayList<>();
    for (int id = 0; id < tokens.size(); id++) {
      float score = scores.get(id);
      if (Float.isNaN(score)) {
        throw new DataException(
            "%s: tokenizer.ggml.scores[%d] of '%s': NaN, expected a number"
                .formatted(source, id, TokenTable.shown(tokens.text(id))));
      }
      if (isMade(tokens, id)) {
        addSplits(merges, tokens, tokens.text(id), score);
      }
    }
    merges.sort(
        Comparator.comparingDouble((Merge merge) -> -merge.score)
            .thenComparingInt(Merge::left)
            .thenComparingInt(Merge::right));
    return merges.stream().map(m -> tokens.text(m.left) + " " + tokens.text(m.right)).toList();
  }

  /** A token with a blank never comes about, for blanks are replaced before anything is merged. */
  private static boolean isMade(TokenTable tokens, int id) {
    TokenType type = tokens.type(id);
    return (type == TokenType.NORMAL || type == TokenType.UNUSED || type == TokenType.USER_DEFINED)
        && tokens.text(id).indexOf(' ') < 0;
  }

  private static void addSplits(List<Merge> merges, TokenTable tokens, String text, float score) {
    for (int cut = 1; cut < text.length(); cut++) {
      OptionalInt left = tokens.id(text.substring(0, cut));
      if (left.isPresent()) {
        OptionalInt right = tokens.id(text.substring(cut));
        right.ifPresent(id -> merges.add(new Merge(score, left.getAsInt(), id)));
      }
    }
  }

  private record Merge(float score, int left, int right) {}
}
