package org.pocketdistill.pipeline.lm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.pocketdistill.pipeline.lm.CausalDecoder.DecodeSession;

/**
 * Compares greedy decoding of a batch with cache with reading the resulting texts at once. If each
 * token of a text is the most probable one after its prefix, decoding without cache gives that
 * text.
 *
 * <p>With 8-bit activations a sum in another order may round to another code, and in models with
 * few very large activations such steps carry far. So with and without cache may differ, but not by
 * much more than rounding moved the model in the first place.
 */
final class CacheCheck {
  private static final int ROWS = 4;
  private static final int NEW_TOKENS = 16;
  private static final int PROMPT_TOKENS = 64;

  private static final double ROUNDING_KL = 1e-6;

  private final CausalDecoder decoder;
  private final double maxLogit;
  private final double maxKl;

  /**
   * What was found.
   *
   * @param agreeing tokens that are the most probable ones without cache, too
   * @param compared all tokens generated
   * @param meanKl mean over them of KL(without cache || with cache), nats
   */
  record Result(int agreeing, int compared, double meanKl) {}

  /**
   * A check of {@code decoder}.
   *
   * @param maxLogit largest difference of a logit that is accepted
   * @param maxKl of the decoder without cache from itself with cache, the rounding of sums aside
   */
  CacheCheck(CausalDecoder decoder, double maxLogit, double maxKl) {
    this.decoder = decoder;
    this.maxLogit = maxLogit;
    this.maxKl = maxKl + ROUNDING_KL;
  }

  Result run(List<int[]> rows) {
    List<int[]> prompts = new ArrayList<>();
    for (int[] row : rows.subList(0, Math.min(ROWS, rows.size()))) {
      prompts.add(Arrays.copyOf(row, Math.min(PROMPT_TOKENS, (row.length + 1) / 2)));
    }
    List<float[][]> cached = generate(prompts);
    int compared = 0;
    int agreeing = 0;
    double sumKl = 0;
    for (int row = 0; row < prompts.size(); row++) {
      for (LogitsDifference difference : differences(row, prompts.get(row), cached.get(row))) {
        compared++;
        agreeing += difference.sameTop() ? 1 : 0;
        sumKl += difference.kl();
      }
    }
    double meanKl = sumKl / compared;
    if (!(meanKl <= maxKl)) {
      throw new ExportCheckException(
          "logits with cache differ from those without by %.4g nats on average, expected at most"
                  .formatted(meanKl)
              + " %.4g".formatted(maxKl));
    }
    return new Result(agreeing, compared, meanKl);
  }

  /** Logits [step][vocabulary] of each row, whose largest is the token of the step. */
  private List<float[][]> generate(List<int[]> prompts) {
    int longest = prompts.stream().mapToInt(prompt -> prompt.length).max().orElseThrow();
    int count = Math.min(NEW_TOKENS, decoder.contextLength() - longest);
    List<float[][]> logits = new ArrayList<>();
    prompts.forEach(prompt -> logits.add(new float[count][]));
    try (DecodeSession session = decoder.start(prompts, count)) {
      for (int step = 0; step < count; step++) {
        int[] tokens = new int[prompts.size()];
        for (int row = 0; row < tokens.length; row++) {
          logits.get(row)[step] = session.logits()[row].clone();
          tokens[row] = TokenScorer.largest(session.logits()[row], 1)[0];
        }
        if (step + 1 < count) {
          session.advance(tokens);
        }
      }
    }
    return logits;
  }

  private List<LogitsDifference> differences(int row, int[] prompt, float[][] cached) {
    int[] text = Arrays.copyOf(prompt, prompt.length + cached.length);
    for (int step = 0; step < cached.length; step++) {
      text[prompt.length + step] = TokenScorer.largest(cached[step], 1)[0];
    }
    float[][] uncached = decoder.logits(text);
    List<LogitsDifference> differences = new ArrayList<>();
    for (int step = 0; step < cached.length; step++) {
      LogitsDifference difference =
          LogitsDifference.of(uncached[prompt.length - 1 + step], cached[step]);
      if (!(difference.largest() <= maxLogit)) {
        throw new ExportCheckException(
            "logits of token %d after row %d differ by %.4g with and without cache, expected at"
                    .formatted(step, row, difference.largest())
                + " most %.4g".formatted(maxLogit));
      }
      differences.add(difference);
    }
    return differences;
  }
}
