package org.pocketdistill.batch;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Best-fit decreasing bin packing: longest row first, each into the fullest pack that still has
 * room for it, the oldest of equals. Needs hardly more than 11/9 of the fewest packs possible
 * (Johnson et al., 1974) and O(n log capacity) time.
 */
public final class Packer {
  private Packer() {}

  /**
   * Packs rows.
   *
   * @param lengths length of each row, 1 to {@code capacity}; equals keep their order
   * @return for each pack the indices of its rows; each row is in exactly one pack
   * @throws IllegalArgumentException if a length is out of range
   */
  public static int[][] pack(int[] lengths, int capacity) {
    List<Pack> packs = new ArrayList<>();
    NavigableMap<Integer, Deque<Pack>> packsBySpace = new TreeMap<>();
    for (int row : longestFirst(lengths)) {
      int length = lengths[row];
      if (length < 1 || length > capacity) {
        throw new IllegalArgumentException(
            "row %d: length %d; expected 1 to %d".formatted(row, length, capacity));
      }
      Pack pack = takeTightest(packsBySpace, length);
      if (pack == null) {
        pack = new Pack(capacity);
        packs.add(pack);
      }
      pack.rows.add(row);
      pack.space -= length;
      packsBySpace.computeIfAbsent(pack.space, space -> new ArrayDeque<>()).addLast(pack);
    }
    return packs.stream()
        .map(pack -> pack.rows.stream().mapToInt(Integer::intValue).toArray())
        .toArray(int[][]::new);
  }

  private static int[] longestFirst(int[] lengths) {
    return IntStream.range(0, lengths.length)
        .boxed()
        .sorted(Comparator.comparingInt((Integer row) -> lengths[row]).reversed())
        .mapToInt(Integer::intValue)
        .toArray();
  }

  private static Pack takeTightest(NavigableMap<Integer, Deque<Pack>> packsBySpace, int length) {
    Map.Entry<Integer, Deque<Pack>> tightest = packsBySpace.ceilingEntry(length);
    if (tightest == null) {
      return null;
    }
    Pack pack = tightest.getValue().removeFirst();
    if (tightest.getValue().isEmpty()) {
      packsBySpace.remove(tightest.getKey());
    }
    return pack;
  }

  private static final class Pack {
    final List<Integer> rows = new ArrayList<>();
    int space;

    Pack(int capacity) {
      this.space = capacity;
    }
  }
}
