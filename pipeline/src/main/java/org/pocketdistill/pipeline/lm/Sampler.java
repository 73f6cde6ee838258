package org.pocketdistill.pipeline.lm;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.pocketdistill.eval.LanguageModel.GenerationOptions;

/**
 * Picks the next token from logits: the most probable one, or a draw. As in transformers, what was
 * said before is penalised first; a draw then scales by temperature, keeps the k most probable
 * tokens, and of those the fewest that hold a share p of their probability.
 */
public final class Sampler {
  private final GenerationOptions options;
  private final SplittableRandom random;
  private final BitSet seen = new BitSet();

  /** A sampler of one sequence; the same options and number draw the same tokens. */
  public Sampler(GenerationOptions options, long sequence) {
    this.options = options;
    this.random = new SplittableRandom(options.seed() * 31 + sequence);
  }

  /** Tokens of the sequence so far, for the penalty of repetitions. */
  void see(int... tokens) {
    for (int token : tokens) {
      seen.set(token);
    }
  }

  /** The token after those so far, by its logits [vocabulary]; they stay as they are. */
  public int next(float[] given) {
    float[] logits = penalised(given);
    int best = TokenScorer.largest(logits, 1)[0];
    if (options.temperature() <= 0) {
      return best;
    }
    int[] candidates = candidates(logits);
    double[] weights = new double[candidates.length];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = Math.exp((logits[candidates[i]] - logits[best]) / options.temperature());
    }
    return candidates[draw(weights)];
  }

  private float[] penalised(float[] logits) {
    float penalty = (float) options.repetitionPenalty();
    if (penalty == 1) {
      return logits;
    }
    float[] scaled = logits.clone();
    seen.stream()
        .forEach(i -> scaled[i] = logits[i] > 0 ? logits[i] / penalty : logits[i] * penalty);
    return scaled;
  }

  /** Tokens to draw among, the most probable first where the order matters. */
  private int[] candidates(float[] logits) {
    if (options.topK() > 0) {
      return TokenScorer.largest(logits, options.topK());
    }
    IntStream all = IntStream.range(0, logits.length);
    return options.topP() < 1
        ? all.boxed()
            .sorted(Comparator.comparingDouble(i -> -logits[i]))
            .mapToInt(Integer::intValue)
            .toArray()
        : all.toArray();
  }

  private int draw(double[] weights) {
    double mass = Arrays.stream(weights).sum();
    int kept = weights.length;
    if (options.topP() < 1) {
      double enough = options.topP() * mass;
      mass = 0;
      for (kept = 0; kept < weights.length && (kept == 0 || mass < enough); kept++) {
        mass += weights[kept];
      }
    }
    double point = random.nextDouble() * mass;
    for (int i = 0; i < kept; i++) {
      point -= weights[i];
      if (point < 0) {
        return i;
      }
    }
    return kept - 1; // rounding
  }
}
