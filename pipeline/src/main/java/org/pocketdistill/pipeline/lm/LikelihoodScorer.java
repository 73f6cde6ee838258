package org.pocketdistill.pipeline.lm;

import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.pocketdistill.data.DataException;
import org.pocketdistill.eval.LanguageModel.LogLikelihood;
import org.pocketdistill.eval.LanguageModel.LogLikelihoodRequest;
import org.pocketdistill.pipeline.lm.CausalDecoder.DecodeSession;
import org.pocketdistill.pipeline.lm.CausalScorer.TokenScores;
import org.pocketdistill.tokenize.Tokenizer;

/** Log-probabilities of texts, split into tokens and windows as lm-evaluation-harness does it. */
final class LikelihoodScorer {
  /** Tokens of the prompts that are read at once. */
  private static final int PROMPT_TOKENS = 4096;

  private final Tokenizer tokenizer;
  private final CausalDecoder decoder;
  private final OptionalInt beginning;

  /**
   * A scorer.
   *
   * @param beginning id from which the first token of a text is predicted
   */
  LikelihoodScorer(Tokenizer tokenizer, CausalDecoder decoder, OptionalInt beginning) {
    this.tokenizer = tokenizer;
    this.decoder = decoder;
    this.beginning = beginning;
  }

  /**
   * Tokens to score.
   *
   * @param from index of the first token that is predicted, 1 or more
   * @param cut number of tokens left out before the first one
   */
  private record Row(int[] tokens, int from, int cut) {
    IntBuffer withoutLast() {
      return IntBuffer.wrap(tokens, 0, tokens.length - 1);
    }

    int last() {
      return tokens[tokens.length - 1];
    }
  }

  List<LogLikelihood> ofContinuations(List<LogLikelihoodRequest> requests) {
    List<Row> rows = requests.stream().map(this::row).toList();
    LogLikelihood[] results = new LogLikelihood[rows.size()];
    Map<IntBuffer, List<Integer>> equalPrompts = new LinkedHashMap<>();
    for (int i = 0; i < results.length; i++) {
      if (rows.get(i).from() == rows.get(i).tokens().length - 1) {
        equalPrompts.computeIfAbsent(rows.get(i).withoutLast(), k -> new ArrayList<>()).add(i);
      }
    }
    equalPrompts.values().removeIf(group -> group.size() == 1);
    scoreNextTokens(rows, List.copyOf(equalPrompts.values()), results);
    List<Integer> rest = new ArrayList<>();
    for (int i = 0; i < results.length; i++) {
      if (results[i] == null) {
        rest.add(i);
      }
    }
    List<LogLikelihood> scored = score(rest.stream().map(rows::get).toList());
    for (int i = 0; i < rest.size(); i++) {
      results[rest.get(i)] = scored.get(i);
    }
    return List.of(results);
  }

  /** Rows that differ in their last token alone: their prompt is read but once. */
  private void scoreNextTokens(
      List<Row> rows, List<List<Integer>> groups, LogLikelihood[] results) {
    int from = 0;
    while (from < groups.size()) {
      int to = from;
      int longest = 0;
      do {
        longest = Math.max(longest, rows.get(groups.get(to).get(0)).tokens().length);
        to++;
      } while (to < groups.size()
          && (to + 1 - from) * Math.max(longest, rows.get(groups.get(to).get(0)).tokens().length)
              <= PROMPT_TOKENS);
      scoreNextToken(rows, groups.subList(from, to), results);
      from = to;
    }
  }

  private void scoreNextToken(List<Row> rows, List<List<Integer>> groups, LogLikelihood[] results) {
    List<int[]> prompts =
        groups.stream()
            .map(group -> rows.get(group.get(0)).tokens())
            .map(tokens -> Arrays.copyOf(tokens, tokens.length - 1))
            .toList();
    try (DecodeSession session = decoder.start(prompts, 1)) {
      for (int g = 0; g < prompts.size(); g++) {
        float[] logits = session.logits()[g];
        int best = TokenScorer.largest(logits, 1)[0];
        double normalizer = TokenScorer.logSumExp(logits);
        for (int i : groups.get(g)) {
          Row row = rows.get(i);
          double logProb = logits[row.last()] - normalizer;
          results[i] = new LogLikelihood(logProb, 1, best == row.last(), row.cut());
        }
      }
    }
  }

  /** Each text's windows added up. */
  List<LogLikelihood> ofTexts(List<String> texts, int window) {
    List<Row> rows = new ArrayList<>();
    int[] ends = new int[texts.size()];
    for (int i = 0; i < ends.length; i++) {
      rows.addAll(windows(texts.get(i), Math.min(window, decoder.contextLength() - 1)));
      ends[i] = rows.size();
    }
    List<LogLikelihood> scored = score(rows);
    List<LogLikelihood> sums = new ArrayList<>();
    int from = 0;
    for (int end : ends) {
      List<LogLikelihood> parts = scored.subList(from, end);
      sums.add(
          new LogLikelihood(
              parts.stream().mapToDouble(LogLikelihood::sum).sum(),
              parts.stream().mapToInt(LogLikelihood::tokens).sum(),
              parts.stream().allMatch(LogLikelihood::greedy)));
      from = end;
    }
    return sums;
  }

  private List<Row> windows(String text, int size) {
    int[] whole = join(begin(), tokenizer.encode(text));
    List<Row> rows = new ArrayList<>();
    int predicted = 0;
    while (predicted < whole.length - 1) {
      int end = Math.min(predicted + size, whole.length - 1);
      int start = Math.max(0, end - size);
      rows.add(new Row(Arrays.copyOfRange(whole, start, end + 1), predicted + 1 - start, 0));
      predicted = end;
    }
    return rows;
  }

  private Row row(LogLikelihoodRequest request) {
    int[] context = tokenizer.encode(request.context());
    int[] whole =
        request.joint()
            ? tokenizer.encode(request.context() + request.continuation())
            : join(context, tokenizer.encode(request.continuation()));
    int from =
        request.joint() && context.length > 0
            ? joint(tokenizer.encode(request.context().stripTrailing()), whole)
            : context.length;
    if (from == 0) {
      whole = join(begin(), whole);
      from = 1;
    }
    int cut = Math.max(0, whole.length - decoder.contextLength());
    if (cut >= from) {
      throw new DataException(
          "a continuation of %d tokens, expected at most %d (the model's context less 1)"
              .formatted(whole.length - from, decoder.contextLength() - 1));
    }
    return new Row(Arrays.copyOfRange(whole, cut, whole.length), from - cut, cut);
  }

  /** Where the continuation begins; one that melts into the context begins where both part. */
  private static int joint(int[] context, int[] whole) {
    return context.length < whole.length
        ? context.length
        : Math.min(Math.max(0, Arrays.mismatch(context, whole)), whole.length - 1);
  }

  private int[] begin() {
    return new int[] {
      beginning.orElseThrow(
          () ->
              new DataException(
                  "the tokenizer names no token that begins or ends a text, from which the first"
                      + " token of a text could be predicted; expected a bos_token or an eos_token"))
    };
  }

  private static int[] join(int[] first, int[] second) {
    int[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  private List<LogLikelihood> score(List<Row> rows) {
    List<TokenScores> scores = decoder.score(rows.stream().map(Row::tokens).toList(), 1);
    List<LogLikelihood> likelihoods = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      likelihoods.add(likelihood(rows.get(i), scores.get(i)));
    }
    return likelihoods;
  }

  private static LogLikelihood likelihood(Row row, TokenScores scores) {
    double sum = 0;
    boolean greedy = true;
    for (int i = row.from(); i < row.tokens().length; i++) {
      sum += scores.logProbs()[i];
      greedy &= scores.topIds()[i][0] == row.tokens()[i];
    }
    return new LogLikelihood(sum, row.tokens().length - row.from(), greedy, row.cut());
  }
}
