package org.pocketdistill.pipeline.lm;

import java.util.List;

/**
 * A decoder model on token ids, whatever runtime computes it. Not safe for use from several
 * threads.
 */
public interface CausalDecoder extends CausalScorer {
  /**
   * Logits after every position of a row, [n][vocabSize]: those of position i predict token i + 1.
   *
   * @param row token ids, at least 1 and at most {@link #contextLength}
   */
  default float[][] logits(int[] row) {
    float[][] logits = new float[row.length][];
    try (DecodeSession session = start(List.of(new int[] {row[0]}), row.length - 1)) {
      logits[0] = session.logits()[0].clone();
      for (int i = 1; i < row.length; i++) {
        session.advance(new int[] {row[i]});
        logits[i] = session.logits()[0].clone();
      }
    }
    return logits;
  }

  /**
   * Reads a batch of prompts into a KV cache.
   *
   * @param prompts token ids; lengths may differ; none empty
   * @param maxNewTokens room to reserve per row
   */
  DecodeSession start(List<int[]> prompts, int maxNewTokens);

  /** A batch of sequences being continued token by token. */
  interface DecodeSession extends AutoCloseable {
    /** Logits of the next token, [rows][vocabSize]; valid until {@link #advance}. */
    float[][] logits();

    /** Appends one token to every row and computes the next logits. */
    void advance(int[] tokens);

    @Override
    void close();
  }
}
