package org.pocketdistill.data;

import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;

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

  /** Checks a source's {@code portion}: two numbers, the first smaller. */
  static void checkPortion(List<Double> portion, String source) {
    boolean good =
        portion.size() == 2
            && DoubleStream.of(portion.get(0), portion.get(1)).allMatch(p -> p >= 0 && p <= 1)
            && portion.get(0) < portion.get(1);
    if (!good) {
      throw new DataException(
          source + ": portion is " + portion + "; expected [from, to] with 0 <= from < to <= 1");
    }
  }
}
