package org.pocketdistill.pipeline.lm;

import java.util.List;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;

/** Compares an exported model with the one it was made from, on rows of tokens. */
public final class ExportCheck {
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
   * @param cacheKl what KL(without cache || with cache) may be, as a multiple of the mean KL that
   *     was found
   */
  public record Tolerance(double logits, double meanKl, double top1Agreement, double cacheKl) {
    /** Means over a few dozen tokens scatter by that much around those over all positions. */
    private static final double SCATTER = 4;

    /** Of what int4 does to a model at most so much is due to activations, which alone differ. */
    private static final double ACTIVATIONS = 0.1;

    /** The same numbers but for the order of sums. */
    public static Tolerance fp32() {
      return new Tolerance(1e-3, 1e-5, 0.99, SCATTER);
    }

    /** Like {@link #int4} of weights that were trained for it: activations may do all the rest. */
    public static Tolerance recovered() {
      return new Tolerance(Double.POSITIVE_INFINITY, 0.5, 0.25, SCATTER);
    }

    /** Measures alone, for a file that is not shipped. */
    public static Tolerance unlimited() {
      double any = Double.POSITIVE_INFINITY;
      return new Tolerance(any, any, 0, Double.MAX_VALUE);
    }

    /** Of a file in that precision. */
    public static Tolerance of(OnnxPrecision precision) {
      return switch (precision) {
        case FP32 -> fp32();
        case FP16 -> fp16();
        case INT8, INT8_STATIC -> int8();
        case INT4 -> int4();
      };
    }

    /**
     * Weights of 11 bits move logits by some thousandths of their size, which is at most some tens;
     * the sums are those of fp32.
     */
    public static Tolerance fp16() {
      return new Tolerance(0.5, 1e-3, 0.95, SCATTER);
    }

    /**
     * Wide: beyond it a file is broken, not coarse. What it loses is for evaluation to say. With
     * ranges that are settled beforehand the same: where they are too coarse for half of the tokens
     * to be the same, the file is of no use.
     */
    public static Tolerance int8() {
      return new Tolerance(Double.POSITIVE_INFINITY, 0.5, 0.5, SCATTER);
    }

    /**
     * Like {@link #int8}; where many tokens are about equally probable the first one changes.
     * Rounding alone costs SmolLM2-135M 0.4 nats on text and 0.55 on random tokens; a scale or a
     * table in the wrong place costs several.
     */
    public static Tolerance int4() {
      return new Tolerance(Double.POSITIVE_INFINITY, 1, 0.25, SCATTER * ACTIVATIONS);
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
   * @param greedyTokens generated with cache that are the most probable ones without it, too
   * @param greedyCompared number of tokens generated to see that
   * @param cacheKl mean over them of KL(without cache || with cache), nats
   */
  public record Result(
      int positions,
      double maxLogitDifference,
      double maxLogProbDifference,
      double meanKl,
      double top1Agreement,
      int greedyTokens,
      int greedyCompared,
      double cacheKl) {}

  private static final class Measured {
    int positions;
    int agreeing;
    double maxLogit;
    double maxLogProb;
    double sumKl;
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
    double meanKl = measured.sumKl / measured.positions;
    double agreement = (double) measured.agreeing / measured.positions;
    checkMeans(meanKl, agreement);
    CacheCheck.Result cache =
        new CacheCheck(exported, tolerance.logits(), tolerance.cacheKl() * Math.max(0, meanKl))
            .run(rows);
    return new Result(
        measured.positions,
        measured.maxLogit,
        measured.maxLogProb,
        meanKl,
        agreement,
        cache.agreeing(),
        cache.compared(),
        cache.meanKl());
  }

  private void checkMeans(double meanKl, double agreement) {
    if (!(meanKl <= tolerance.meanKl())) {
      throw new ExportCheckException(
          "mean KL divergence %.4g nats over %d positions, expected at most %.4g"
              .formatted(meanKl, measured.positions, tolerance.meanKl()));
    }
    if (!(agreement >= tolerance.top1Agreement())) {
      throw new ExportCheckException(
          "the most probable token is the same at %.4g of %d positions, expected at least %.4g"
              .formatted(agreement, measured.positions, tolerance.top1Agreement()));
    }
  }

  private void compareRow(int index, int[] row) {
    float[][] expected = reference.logits(row);
    float[][] found = exported.logits(row);
    for (int position = 0; position < row.length; position++) {
      LogitsDifference difference = LogitsDifference.of(expected[position], found[position]);
      if (!(difference.largest() <= tolerance.logits())) {
        throw new ExportCheckException(
            "logits of row %d differ by %.4g at position %d, expected at most %.4g"
                .formatted(index, difference.largest(), position, tolerance.logits()));
      }
      measured.maxLogit = Math.max(measured.maxLogit, difference.largest());
      measured.sumKl += difference.kl();
      measured.agreeing += difference.sameTop() ? 1 : 0;
      measured.positions++;
      if (position + 1 < row.length) {
        int next = row[position + 1];
        double own = TokenScorer.logProb(expected[position], next);
        double other = TokenScorer.logProb(found[position], next);
        measured.maxLogProb = Math.max(measured.maxLogProb, Math.abs(own - other));
      }
    }
  }
}
