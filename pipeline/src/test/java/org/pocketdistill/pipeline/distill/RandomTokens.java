package org.pocketdistill.pipeline.distill;

import java.util.SplittableRandom;
import org.pocketdistill.batch.TokenizedExample;
import org.pocketdistill.batch.TokenizedRows;

/** Rows of random tokens, of which about half are learned. */
public final class RandomTokens {
  private static final int SHORTEST = 3;

  private RandomTokens() {}

  /**
   * Rows of 3 to {@code longest} tokens of a vocabulary, each with at least one that is learned.
   */
  public static TokenizedRows rows(long seed, int count, int longest, int vocabulary) {
    SplittableRandom random = new SplittableRandom(seed);
    TokenizedRows rows = new TokenizedRows();
    for (int row = 0; row < count; row++) {
      int[] ids = new int[random.nextInt(SHORTEST, longest + 1)];
      int[] labels = new int[ids.length];
      for (int i = 0; i < ids.length; i++) {
        ids[i] = random.nextInt(vocabulary);
        boolean learned = i == ids.length - 1 || random.nextBoolean();
        labels[i] = learned ? ids[i] : TokenizedExample.IGNORE_INDEX;
      }
      rows.add(new TokenizedExample("row-" + row, ids, labels));
    }
    return rows;
  }
}
