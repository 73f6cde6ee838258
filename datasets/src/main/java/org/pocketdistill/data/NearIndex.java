package org.pocketdistill.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Texts among which similar ones are found by MinHash and locality-sensitive hashing; only texts in
 * equal frames are compared, and a candidate counts only if its similarity reaches the threshold.
 */
final class NearIndex {
  private final double threshold;
  private final LshBands bands;
  private final LongMultimap buckets = new LongMultimap();
  private final List<Entry> entries = new ArrayList<>();

  NearIndex(double threshold) {
    this.threshold = threshold;
    this.bands = LshBands.forThreshold(threshold);
  }

  /** The text as the index compares it. */
  Query query(long frame, String text) {
    long[] shingles = ShingleSketch.shingles(text);
    long[] keys = new long[shingles.length == 0 ? 0 : bands.bands()];
    long[] signature = ShingleSketch.signature(shingles, bands.signatureLength());
    for (int band = 0; band < keys.length; band++) {
      keys[band] = bands.key(signature, band) ^ StableHash.mix(frame);
    }
    return new Query(new Entry(frame, ShingleSketch.of(shingles)), keys);
  }

  /** An added text that is similar enough. */
  Optional<Match> find(Query query) {
    for (long key : query.keys()) {
      int at = buckets.newest(key);
      for (; at != LongMultimap.NONE; at = buckets.older(at)) {
        int candidate = buckets.value(at);
        double similarity = query.entry().similarity(entries.get(candidate), threshold);
        if (similarity >= threshold) {
          return Optional.of(new Match(candidate, similarity));
        }
      }
    }
    return Optional.empty();
  }

  /** Adds the text; the first has number 0, the next 1 and so on. */
  void add(Query query) {
    for (long key : query.keys()) {
      buckets.add(key, entries.size());
    }
    entries.add(query.entry());
  }

  /** A text with the keys of its bands. */
  record Query(Entry entry, long[] keys) {}

  /** The number of an added text and its similarity. */
  record Match(int number, double similarity) {}

  /** A text's frame and sketch. */
  record Entry(long frame, ShingleSketch sketch) {
    /** Jaccard similarity, or 0 where frames or sizes show that it is below the threshold. */
    double similarity(Entry other, double threshold) {
      int smaller = Math.min(sketch.size(), other.sketch.size());
      int larger = Math.max(sketch.size(), other.sketch.size());
      return frame != other.frame || smaller < threshold * larger
          ? 0
          : sketch.jaccard(other.sketch);
    }
  }
}
