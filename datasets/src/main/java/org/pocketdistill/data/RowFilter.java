package org.pocketdistill.data;

import java.util.Arrays;

/** Which rows of a file a source takes. */
interface RowFilter {
  /** Takes every row. */
  RowFilter ALL = new RowFilter() {};

  /** Whether the line is worth reading. */
  default boolean wantsLine(long number) {
    return true;
  }

  /** Whether the source takes the row. */
  default boolean wants(Example row) {
    return true;
  }

  /**
   * Takes the rows whose user's text hashes into [from, to), a part of [0, 1).
   *
   * <p>Rows of equal words, whatever their case and spacing, fall on the same side.
   */
  static RowFilter portion(double from, double to, long seed) {
    return new RowFilter() {
      @Override
      public boolean wants(Example row) {
        double place = StableHash.unit(StableHash.of(seed, Normalized.text(UserText.of(row))));
        return from <= place && place < to;
      }
    };
  }

  /**
   * Takes the rows of these lines.
   *
   * @param lines line numbers in ascending order
   */
  static RowFilter lines(long[] lines) {
    return new RowFilter() {
      @Override
      public boolean wantsLine(long number) {
        return Arrays.binarySearch(lines, number) >= 0;
      }
    };
  }
}
