package org.pocketdistill.data;

import com.carrotsearch.hppc.IntArrayList;
import com.carrotsearch.hppc.LongIntHashMap;

/**
 * Several ints for a long key, about 30 bytes an entry. Walk the entries of a key with {@link
 * #newest} and {@link #older}.
 */
final class LongMultimap {
  /** No entry. */
  static final int NONE = -1;

  private final LongIntHashMap newest = new LongIntHashMap();
  private final IntArrayList values = new IntArrayList();
  private final IntArrayList older = new IntArrayList();

  void add(long key, int value) {
    int entry = values.size();
    values.add(value);
    older.add(newest.getOrDefault(key, NONE));
    newest.put(key, entry);
  }

  /** The entry of the key that was added last, or {@link #NONE}. */
  int newest(long key) {
    return newest.getOrDefault(key, NONE);
  }

  /** The entry of the same key before this one, or {@link #NONE}. */
  int older(int entry) {
    return older.get(entry);
  }

  int value(int entry) {
    return values.get(entry);
  }
}
