package org.pocketdistill.data;

import java.util.Arrays;

/**
 * The set of a text's character shingles, in at most {@value #MAX_KEPT} numbers.
 *
 * <p>A shingle is 5 characters, or 3 where most of the text is ideographs: about one word of
 * either. Kept are the smallest hashes (a bottom-k sketch; Broder 1997, "On the resemblance and
 * containment of documents"): {@link #jaccard} is exact for sets of up to {@value #MAX_KEPT}
 * shingles and for larger ones an estimate with a standard error of at most 2.3 %, 1 % at 0.95.
 */
final class ShingleSketch {
  static final int MAX_KEPT = 512;
  private static final int LATIN = 5;
  private static final int IDEOGRAPHIC = 3;
  private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

  private final int[] smallest;
  private final int size;

  private ShingleSketch(int[] smallest, int size) {
    this.smallest = smallest;
    this.size = size;
  }

  /** The sketch of a set of shingles. */
  static ShingleSketch of(long[] shingles) {
    int[] smallest =
        Arrays.stream(shingles)
            .limit(MAX_KEPT)
            .mapToInt(hash -> (int) (hash >> Integer.SIZE))
            .toArray();
    return new ShingleSketch(smallest, shingles.length);
  }

  /** Hashes of the shingles, each once, in ascending order; none for an empty text. */
  static long[] shingles(String text) {
    int[] characters = text.codePoints().toArray();
    if (characters.length == 0) {
      return new long[0];
    }
    int length = Math.min(characters.length, shingleLength(characters));
    long[] hashes = new long[characters.length - length + 1];
    for (int start = 0; start < hashes.length; start++) {
      long hash = 0;
      for (int i = start; i < start + length; i++) {
        hash = StableHash.mix(hash + characters[i] + GOLDEN_GAMMA);
      }
      hashes[start] = hash;
    }
    return Arrays.stream(hashes).sorted().distinct().toArray();
  }

  /**
   * The text's MinHash signature, with {@code length} hash functions: two texts agree at a place
   * with a probability equal to their Jaccard similarity.
   */
  static long[] signature(long[] shingles, int length) {
    long[] signature = new long[length];
    Arrays.fill(signature, Long.MAX_VALUE);
    for (long shingle : shingles) {
      for (int i = 0; i < length; i++) {
        long hash = StableHash.mix(shingle + i * GOLDEN_GAMMA);
        signature[i] = Math.min(signature[i], hash);
      }
    }
    return signature;
  }

  /** Number of distinct shingles. */
  int size() {
    return size;
  }

  /** |A ∩ B| / |A ∪ B|. */
  double jaccard(ShingleSketch other) {
    boolean exact = size <= MAX_KEPT && other.size <= MAX_KEPT;
    int sampled = exact ? Integer.MAX_VALUE : MAX_KEPT;
    int i = 0;
    int j = 0;
    int union = 0;
    int common = 0;
    while (union < sampled && (i < smallest.length || j < other.smallest.length)) {
      union++;
      if (j == other.smallest.length || (i < smallest.length && smallest[i] < other.smallest[j])) {
        i++;
      } else if (i == smallest.length || smallest[i] > other.smallest[j]) {
        j++;
      } else {
        common++;
        i++;
        j++;
      }
    }
    return union == 0 ? 0 : (double) common / union;
  }

  private static int shingleLength(int[] characters) {
    long ideographs = Arrays.stream(characters).filter(Character::isIdeographic).count();
    return 2 * ideographs > characters.length ? IDEOGRAPHIC : LATIN;
  }
}
