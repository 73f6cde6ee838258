package org.pocketdistill.pipeline.calibrate;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.batch.BatchOptions;
import org.pocketdistill.batch.Batches;
import org.pocketdistill.batch.TokenizedExample;
import org.pocketdistill.batch.TokenizedRows;

/**
 * Rows of a language of 24 tokens, each of which has three successors: its inputs have structure.
 */
public final class StructuredText {
  private static final int TOKENS = 24;
  private static final int ROWS_OF_A_BATCH = 4;

  private StructuredText() {}

  /** Some rows of up to {@code longest} tokens. */
  public static List<int[]> rows(long seed, int count, int longest) {
    SplittableRandom random = new SplittableRandom(seed);
    List<int[]> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int[] row = new int[random.nextInt(longest / 2, longest + 1)];
      row[0] = 3 + random.nextInt(TOKENS);
      for (int j = 1; j < row.length; j++) {
        row[j] = 3 + (5 * row[j - 1] + random.nextInt(3)) % TOKENS;
      }
      rows.add(row);
    }
    return rows;
  }

  /** The rows as micro-batches, with padding. */
  public static List<Batch> batches(List<int[]> rows) {
    TokenizedRows tokenized = new TokenizedRows();
    int longest = 0;
    for (int[] row : rows) {
      tokenized.add(new TokenizedExample("row " + tokenized.size(), row, row));
      longest = Math.max(longest, row.length);
    }
    Batches batches = new Batches(tokenized, new BatchOptions(ROWS_OF_A_BATCH, longest, false, 0));
    return CalibrationTokens.first(batches, Optional.of((int) tokenized.tokens()), "test");
  }
}
