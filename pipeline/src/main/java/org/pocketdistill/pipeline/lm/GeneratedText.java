package org.pocketdistill.pipeline.lm;

import java.util.Arrays;
import java.util.List;
import org.pocketdistill.eval.LanguageModel.Generation;
import org.pocketdistill.eval.LanguageModel.GenerationOptions;
import org.pocketdistill.tokenize.Tokenizer;

/** One sequence being generated: its tokens, and whether it has ended. */
final class GeneratedText {
  private final Tokenizer tokenizer;
  private final List<Integer> endTokens;
  private final GenerationOptions options;
  private final Sampler sampler;
  private int[] tokens = new int[32];
  private int count;
  private boolean ended;
  private boolean endedByToken;

  GeneratedText(
      Tokenizer tokenizer, List<Integer> endTokens, GenerationOptions options, long sequence) {
    this.tokenizer = tokenizer;
    this.endTokens = endTokens;
    this.options = options;
    this.sampler = new Sampler(options, sequence);
  }

  /** Picks the next token; after the end, any token that keeps the batch going. */
  int append(float[] logits) {
    if (ended) {
      return tokens[count - 1];
    }
    int next = sampler.next(logits);
    if (count == tokens.length) {
      tokens = Arrays.copyOf(tokens, 2 * count);
    }
    tokens[count++] = next;
    endedByToken = endTokens.contains(next);
    ended = endedByToken || stopsIn(options.stop().isEmpty() ? "" : text());
    return next;
  }

  private boolean stopsIn(String text) {
    return options.stop().stream().anyMatch(text::contains);
  }

  boolean ended() {
    return ended;
  }

  private String text() {
    int shown = endedByToken ? count - 1 : count;
    return tokenizer.decode(Arrays.copyOf(tokens, shown), true);
  }

  Generation result() {
    String text = text();
    for (String stop : options.stop()) {
      int at = text.indexOf(stop);
      text = at < 0 ? text : text.substring(0, at);
    }
    return new Generation(text, count, ended);
  }
}
