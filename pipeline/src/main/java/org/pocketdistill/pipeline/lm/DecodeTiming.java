package org.pocketdistill.pipeline.lm;

import java.util.List;
import org.pocketdistill.pipeline.lm.CausalDecoder.DecodeSession;

/**
 * When the tokens of one query came.
 *
 * @param promptTokens that were read
 * @param outputTokens that were generated, at least 2
 * @param firstTokenNanos from the start until the logits of the first new token were there
 * @param latencyNanos from the start until those of the last one were
 */
public record DecodeTiming(
    int promptTokens, int outputTokens, long firstTokenNanos, long latencyNanos) {
  /**
   * Reads a prompt and continues it greedily, whatever tokens may end a text.
   *
   * @param outputTokens how many to generate, at least 2
   */
  public static DecodeTiming measure(CausalDecoder decoder, int[] prompt, int outputTokens) {
    long started = System.nanoTime();
    try (DecodeSession session = decoder.start(List.of(prompt), outputTokens)) {
      long first = System.nanoTime() - started;
      for (int i = 1; i < outputTokens; i++) {
        session.advance(TokenScorer.largest(session.logits()[0], 1));
      }
      return new DecodeTiming(prompt.length, outputTokens, first, System.nanoTime() - started);
    }
  }

  /** Time from the first token to the last. */
  public long decodeNanos() {
    return latencyNanos - firstTokenNanos;
  }

  /** Time per output token after the first, as LoadGen has it: rounded down. */
  public long nanosPerOutputToken() {
    return decodeNanos() / (outputTokens - 1);
  }
}
