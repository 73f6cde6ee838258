package org.pocketdistill.batch;

import java.util.Arrays;

/** Lays the rows of a micro-batch out as the arrays of a {@link Batch}. */
final class BatchAssembler {
  private static final int LENGTH_STEP = 8;

  private final TokenizedRows rows;
  private final int maxSeqLen;

  BatchAssembler(TokenizedRows rows, int maxSeqLen) {
    this.rows = rows;
    this.maxSeqLen = maxSeqLen;
  }

  Batch assemble(int[][] packs) {
    int length = length(packs);
    int size = Math.multiplyExact(packs.length, length);
    Batch batch =
        new Batch(
            packs.length,
            length,
            new long[size],
            new long[size],
            new long[size],
            new long[size],
            learnedTokens(packs));
    Arrays.fill(batch.targets(), TokenizedExample.IGNORE_INDEX);
    for (int p = 0; p < packs.length; p++) {
      int offset = p * length;
      for (int d = 0; d < packs[p].length; d++) {
        int[] row = rows.stored(packs[p][d]);
        write(batch, row, offset, d + 1);
        offset += row.length;
      }
    }
    return batch;
  }

  /** The longest pack, rounded up to a multiple of 8, but not beyond the longest row allowed. */
  int length(int[][] packs) {
    int longest = 0;
    for (int[] pack : packs) {
      longest = Math.max(longest, tokens(pack));
    }
    int rounded = (longest + LENGTH_STEP - 1) / LENGTH_STEP * LENGTH_STEP;
    return Math.min(rounded, maxSeqLen);
  }

  int learnedTokens(int[][] packs) {
    int learned = 0;
    for (int[] pack : packs) {
      for (int row : pack) {
        learned += rows.learnedTokens(row);
      }
    }
    return learned;
  }

  private int tokens(int[] pack) {
    int tokens = 0;
    for (int row : pack) {
      tokens += rows.length(row);
    }
    return tokens;
  }

  private static void write(Batch batch, int[] row, int offset, int document) {
    for (int i = 0; i < row.length; i++) {
      batch.inputIds()[offset + i] = TokenizedRows.id(row[i]);
      batch.positionIds()[offset + i] = i;
      batch.documentIds()[offset + i] = document;
      if (i + 1 < row.length) {
        batch.targets()[offset + i] = TokenizedRows.label(row[i + 1]);
      }
    }
  }
}
