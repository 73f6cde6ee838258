package org.pocketdistill.batch;

import java.util.Random;

/** Rows of random lengths whose token ids tell row and position apart. */
final class RandomRows {
  /** Token {@code i} of row {@code r} is {@code r * STRIDE + i + 1}. */
  static final int STRIDE = 1000;

  private RandomRows() {}

  static TokenizedRows of(int count, int maxLength, Random random) {
    TokenizedRows rows = new TokenizedRows();
    for (int r = 0; r < count; r++) {
      rows.add(row(r, 1 + random.nextInt(maxLength), random));
    }
    return rows;
  }

  private static TokenizedExample row(int number, int length, Random random) {
    int[] ids = new int[length];
    int[] labels = new int[length];
    for (int i = 0; i < length; i++) {
      ids[i] = number * STRIDE + i + 1;
      labels[i] = random.nextBoolean() ? ids[i] : TokenizedExample.IGNORE_INDEX;
    }
    return new TokenizedExample("row-" + number, ids, labels);
  }
}
