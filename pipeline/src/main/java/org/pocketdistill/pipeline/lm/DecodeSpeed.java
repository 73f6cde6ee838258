package org.pocketdistill.pipeline.lm;

import java.util.List;
import org.pocketdistill.pipeline.lm.CausalDecoder.DecodeSession;

/**
 * How fast a decoder continues one prompt, greedily.
 *
 * @param firstTokenSeconds until the logits of the first new token are there
 * @param prefillPerSecond tokens of the prompt in that time
 * @param decodedPerSecond tokens after the first
 */
public record DecodeSpeed(
    double firstTokenSeconds, double prefillPerSecond, double decodedPerSecond) {
  /**
   * Measures once.
   *
   * @param newTokens at least 2
   */
  public static DecodeSpeed measure(CausalDecoder decoder, int[] prompt, int newTokens) {
    long started = System.nanoTime();
    try (DecodeSession session = decoder.start(List.of(prompt), newTokens)) {
      double first = (System.nanoTime() - started) / 1e9;
      long decoding = System.nanoTime();
      for (int i = 1; i < newTokens; i++) {
        session.advance(TokenScorer.largest(session.logits()[0], 1));
      }
      double rest = (System.nanoTime() - decoding) / 1e9;
      return new DecodeSpeed(first, prompt.length / first, (newTokens - 1) / rest);
    }
  }
}
