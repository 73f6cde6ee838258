package org.pocketdistill.pipeline.lm;

import java.util.Comparator;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.pocketdistill.eval.LanguageModel.GenerationOptions;

/** Picks the next token from logits: greedy, or by temperature, top-k and top-p. */
final class Sampler {
  private final GenerationOptions options;
  private final SplittableRandom random;

  /** A sampler of one sequence; the same options and number draw the same tokens. */
  Sampler(GenerationOptions options, long sequence) {
    this.options = options;
    this.random = new SplittableRandom(options.seed() * 31 + sequence);
  }

  int next(float[] logits) {
    return options.temperature() <= 0 ? argmax(logits) : sample(logits);
  }

  static int argmax(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      if (logits[i] > logits[best]) {
        best = i;
      }
    }
    return best;
  }

  private int sample(float[] logits) {
    int[] order =
        IntStream.range(0, logits.length)
            .boxed()
            .sorted(Comparator.comparingDouble((Integer i) -> -logits[i]))
            .limit(options.topK() > 0 ? options.topK() : logits.length)
            .mapToInt(Integer::intValue)
            .toArray();
    double[] weights = new double[order.length];
    double total = 0;
    for (int i = 0; i < order.length; i++) {
      weights[i] = Math.exp((logits[order[i]] - logits[order[0]]) / options.temperature());
      total += weights[i];
    }
    int kept = 0;
    double mass = 0;
    while (kept < order.length && (kept == 0 || mass < options.topP() * total)) {
      mass += weights[kept++];
    }
    double draw = random.nextDouble() * mass;
    for (int i = 0; i < kept; i++) {
      draw -= weights[i];
      if (draw < 0) {
        return order[i];
      }
    }
    return order[kept - 1];
  }
}
