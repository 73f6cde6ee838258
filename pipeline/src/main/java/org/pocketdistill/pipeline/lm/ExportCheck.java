package org.pocketdistill.pipeline.lm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.pocketdistill.pipeline.lm.CausalDecoder.DecodeSession;

/** Compares an exported model with the one it was made from, on rows of tokens. */
public final class ExportCheck {
  private static final int GREEDY_ROWS = 4;
  private static final int GREEDY_TOKENS = 16;
  private static final int GREEDY_PROMPT = 64;

  private final CausalDecoder reference;
  private final CausalDecoder exported;
  private final Tolerance tolerance;
  private final Measured measured = new Measured();

  /**
   * What an export may differ by.
   *
   * @param logits largest difference of a logit
   * @param meanKl mean over positions of KL(reference || exported), nats
   * @param top1Agreement smallest share of positions with the same most probable token
   * @param tie logits that close may change places between decoding with and without cache
   */
  public record Tolerance(double logits, double meanKl, double top1Agreement, double tie) {
    /** The same numbers but for the order of sums. */
    public static Tolerance fp32() {
      return new Tolerance(1e-3, 1e-5, 0.99, 1e-3);
    }

    /** Wide: beyond it a file is broken, not coarse. What it loses is for evaluation to say. */
    public static Tolerance int8() {
      return new Tolerance(Double.POSITIVE_INFINITY, 0.5, 0.5, 0.1);
    }
  }

  /**
   * What was found.
   *
   * @param positions compared
   * @param maxLogitDifference largest difference of a logit
   * @param maxLogProbDifference largest difference of a log-probability of a row's own token
   * @param meanKl mean over positions of KL(reference || exported), nats
   * @param top1Agreement share of positions with the same most probable token
   * @param greedyTokens generated with and without cache alike
   */
  public record Result(
      int positions,
      double maxLogitDifference,
      double maxLogProbDifference,
      double meanKl,
      double top1Agreement,
      int greedyTokens) {}

  private static final class Measured {
    int positions;
    int agreeing;
    double maxLogit;
    double maxLogProb;
    double sumKl;
    int greedyTokens;

    Result result() {
      double agreement = (double) agreeing / positions;
      return new Result(
          positions, maxLogit, maxLogProb, sumKl / positions, agreement, greedyTokens);
    }
  }

  private ExportCheck(CausalDecoder reference, CausalDecoder exported, Tolerance tolerance) {
    this.reference = reference;
    this.exported = exported;
    this.tolerance = tolerance;
  }

  /**
   * Compares logits at every position of every row, and greedy continuations of the first rows with
   * cache, as a batch, and without.
   *
   * @param rows token ids, none longer than either model's context
   * @throws ExportCheckException if the export differs by more than it may
   */
  public static Result run(
      CausalDecoder reference, CausalDecoder exported, List<int[]> rows, Tolerance tolerance) {
    if (rows.isEmpty()) {
      throw new IllegalArgumentException("no rows to check the export on");
    }
    return new ExportCheck(reference, exported, tolerance).run(rows);
  }

  private Result run(List<int[]> rows) {
    if (reference.vocabSize() != exported.vocabSize()) {
      throw new ExportCheckException(
          "vocabulary of %d tokens, expected %d"
              .formatted(exported.vocabSize(), reference.vocabSize()));
    }
    for (int i = 0; i < rows.size(); i++) {
      compareRow(i, rows.get(i));
    }
    checkMeans(measured.result());
    measured.greedyTokens = compareGreedy(rows);
    return measured.result();
  }

  private void checkMeans(Result result) {
    if (!(result.meanKl() <= tolerance.meanKl())) {
      throw new ExportCheckException(
          "mean KL divergence %.4g nats over %d positions, expected at most %.4g"
              .formatted(result.meanKl(), result.positions(), tolerance.meanKl()));
    }
    if (!(result.top1Agreement() >= tolerance.top1Agreement())) {
      throw new ExportCheckException(
          "the most probable token is the same at %.4g of %d positions, expected at least %.4g"
              .formatted(result.top1Agreement(), result.positions(), tolerance.top1Agreement()));
    }
  }

  private void compareRow(int index, int[] row) {
    float[][] expected = reference.logits(row);
    float[][] found = exported.logits(row);
    for (int position = 0; position < row.length; position++) {
      double difference = maxDifference(expected[position], found[position]);
      if (!(difference <= tolerance.logits())) {
        throw new ExportCheckException(
            "logits of row %d differ by %.4g at position %d, expected at most %.4g"
                .formatted(index, difference, position, tolerance.logits()));
      }
      measured.maxLogit = Math.max(measured.maxLogit, difference);
      double expectedSum = TokenScorer.logSumExp(expected[position]);
      double foundSum = TokenScorer.logSumExp(found[position]);
      measured.sumKl += kl(expected[position], expectedSum, found[position], foundSum);
      measured.agreeing += argmax(expected[position]) == argmax(found[position]) ? 1 : 0;
      measured.positions++;
      if (position + 1 < row.length) {
        int next = row[position + 1];
        double own = expected[position][next] - expectedSum;
        double other = found[position][next] - foundSum;
        measured.maxLogProb = Math.max(measured.maxLogProb, Math.abs(own - other));
      }
    }
  }

  /** Largest difference; NaN if there is one on either side. */
  private static double maxDifference(float[] a, float[] b) {
    double largest = 0;
    for (int i = 0; i < a.length; i++) {
      largest = Math.max(largest, Math.abs((double) a[i] - b[i]));
    }
    return largest;
  }

  private static double kl(float[] p, double pSum, float[] q, double qSum) {
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      double logP = p[i] - pSum;
      sum += Math.exp(logP) * (logP - (q[i] - qSum));
    }
    return sum;
  }

  private static int argmax(float[] values) {
    return TokenScorer.largest(values, 1)[0];
  }

  private int compareGreedy(List<int[]> rows) {
    List<int[]> prompts = new ArrayList<>();
    for (int[] row : rows.subList(0, Math.min(GREEDY_ROWS, rows.size()))) {
      prompts.add(Arrays.copyOf(row, Math.min(GREEDY_PROMPT, (row.length + 1) / 2)));
    }
    int longest = prompts.stream().mapToInt(prompt -> prompt.length).max().orElseThrow();
    int count = Math.min(GREEDY_TOKENS, exported.contextLength() - longest);
    List<int[]> cached = cachedGreedy(prompts, count);
    int compared = 0;
    for (int i = 0; i < prompts.size(); i++) {
      compared += compareUncached(i, prompts.get(i), cached.get(i));
    }
    return compared;
  }

  private List<int[]> cachedGreedy(List<int[]> prompts, int count) {
    List<int[]> texts = new ArrayList<>();
    prompts.forEach(prompt -> texts.add(new int[count]));
    try (DecodeSession session = exported.start(prompts, count)) {
      for (int step = 0; step < count; step++) {
        int[] tokens = new int[texts.size()];
        for (int row = 0; row < tokens.length; row++) {
          tokens[row] = argmax(session.logits()[row]);
          texts.get(row)[step] = tokens[row];
        }
        if (step + 1 < count) {
          session.advance(tokens);
        }
      }
    }
    return texts;
  }

  private int compareUncached(int row, int[] prompt, int[] cached) {
    int[] text = Arrays.copyOf(prompt, prompt.length + cached.length);
    for (int step = 0; step < cached.length; step++) {
      int length = prompt.length + step;
      float[] logits = exported.logits(Arrays.copyOf(text, length))[length - 1];
      int best = argmax(logits);
      if (best != cached[step]) {
        double margin = logits[best] - logits[cached[step]];
        if (margin <= tolerance.tie()) {
          return step; // from here on the texts may rightly differ
        }
        throw new ExportCheckException(
            "greedy token %d after row %d is %d with cache and %d without, by a margin of %.4g"
                .formatted(step, row, cached[step], best, margin));
      }
      text[length] = best;
    }
    return cached.length;
  }
}
