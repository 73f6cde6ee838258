package org.pocketdistill.data;

/**
 * A text as hashes of its words in a row.
 *
 * @param whole hash of all its words, in order; 0 if it has none
 * @param grams hash of each {@value #LENGTH} words in a row; none for a shorter text
 */
record WordGrams(long whole, long[] grams) {
  /** Words in a row that do not come twice by chance. */
  static final int LENGTH = 13;

  static WordGrams of(String text) {
    long[] words = Normalized.wordHashes(text);
    long[] grams = new long[Math.max(0, words.length - LENGTH + 1)];
    for (int start = 0; start < grams.length; start++) {
      grams[start] = hash(words, start, start + LENGTH);
    }
    return new WordGrams(hash(words, 0, words.length), grams);
  }

  private static long hash(long[] words, int from, int to) {
    long hash = 0;
    for (int i = from; i < to; i++) {
      hash = StableHash.mix(hash + words[i]);
    }
    return hash;
  }
}
