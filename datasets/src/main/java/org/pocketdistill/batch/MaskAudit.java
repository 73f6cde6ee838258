package org.pocketdistill.batch;

import java.util.BitSet;
import java.util.Locale;

/**
 * What is learned of a set of rows, and which rows were left out.
 *
 * @param rows rows kept
 * @param tokens tokens of the kept rows
 * @param learnedTokens tokens of the kept rows that the loss is computed on
 * @param minLearned fewest learned tokens of a kept row; 0 without rows
 * @param maxLearned most learned tokens of a kept row
 * @param dropped rows left out because they were too long
 * @param truncated rows cut and kept
 * @param droppedUnlearned rows left out because no learned token was left after the cut
 * @param reasoningTokens tokens of the kept rows that belong to traces, tags included
 * @param learnedReasoningTokens those of them that the loss is computed on
 * @param tracesLeftOut kept rows with a trace of which the chat template writes nothing
 */
public record MaskAudit(
    int rows,
    long tokens,
    long learnedTokens,
    int minLearned,
    int maxLearned,
    int dropped,
    int truncated,
    int droppedUnlearned,
    long reasoningTokens,
    long learnedReasoningTokens,
    int tracesLeftOut) {
  /** Learned tokens per kept row; 0 without rows. */
  public double meanLearned() {
    return rows == 0 ? 0 : (double) learnedTokens / rows;
  }

  /** Share of the tokens that is learned; 0 without tokens. */
  public double learnedShare() {
    return tokens == 0 ? 0 : (double) learnedTokens / tokens;
  }

  /** One line for the log. */
  public String summary() {
    return String.format(
            Locale.ROOT,
            "%d rows, %d tokens, %d learned (%.1f %%; per row min %d, mean %.1f, max %d);"
                + " too long: %d dropped, %d truncated, %d left without learned tokens and dropped",
            rows,
            tokens,
            learnedTokens,
            100 * learnedShare(),
            minLearned,
            meanLearned(),
            maxLearned,
            dropped,
            truncated,
            droppedUnlearned)
        + reasoningSummary();
  }

  private String reasoningSummary() {
    String counts =
        reasoningTokens == 0
            ? ""
            : "; reasoning: %d tokens, %d of them learned"
                .formatted(reasoningTokens, learnedReasoningTokens);
    return tracesLeftOut == 0
        ? counts
        : counts + "; the chat template leaves out the traces of %d rows".formatted(tracesLeftOut);
  }

  /** Counts while rows are tokenised. */
  static final class Tally {
    private int rows;
    private long tokens;
    private long learnedTokens;
    private int minLearned = Integer.MAX_VALUE;
    private int maxLearned;
    private int dropped;
    private int truncated;
    private int droppedUnlearned;
    private long reasoningTokens;
    private long learnedReasoningTokens;
    private int tracesLeftOut;

    void kept(TokenizedExample row, BitSet trace, boolean cut) {
      int learned = row.learnedTokens();
      rows++;
      tokens += row.inputIds().length;
      learnedTokens += learned;
      minLearned = Math.min(minLearned, learned);
      maxLearned = Math.max(maxLearned, learned);
      truncated += cut ? 1 : 0;
      for (int i = trace.nextSetBit(0); i >= 0 && i < row.labels().length; ) {
        reasoningTokens++;
        learnedReasoningTokens += row.labels()[i] == TokenizedExample.IGNORE_INDEX ? 0 : 1;
        i = trace.nextSetBit(i + 1);
      }
    }

    void traceLeftOut() {
      tracesLeftOut++;
    }

    void dropped() {
      dropped++;
    }

    void droppedUnlearned() {
      droppedUnlearned++;
    }

    MaskAudit audit() {
      return new MaskAudit(
          rows,
          tokens,
          learnedTokens,
          rows == 0 ? 0 : minLearned,
          maxLearned,
          dropped,
          truncated,
          droppedUnlearned,
          reasoningTokens,
          learnedReasoningTokens,
          tracesLeftOut);
    }
  }
}
