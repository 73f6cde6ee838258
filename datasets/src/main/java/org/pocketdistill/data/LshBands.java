package org.pocketdistill.data;

/**
 * How a MinHash signature is cut for locality-sensitive hashing: two texts are compared if all
 * {@code rows} values of one of the {@code bands} agree, which texts of similarity s do with
 * probability {@code 1 − (1 − s^rows)^bands} (Leskovec, Rajaraman, Ullman: Mining of Massive
 * Datasets, 3.4).
 */
record LshBands(int bands, int rows) {
  private static final double MISSED = 1e-3;
  private static final int MAX_BANDS = 24;
  private static final int MAX_LENGTH = 128;

  /**
   * The most selective cut that misses a pair at the threshold with probability 0.001 at most.
   * Below 0.7 it selects little and a large set of rows takes long.
   */
  static LshBands forThreshold(double threshold) {
    LshBands best = new LshBands(bandsNeeded(threshold, 1), 1);
    for (int rows = 2; rows <= MAX_LENGTH; rows++) {
      int bands = bandsNeeded(threshold, rows);
      if (bands <= MAX_BANDS && bands * rows <= MAX_LENGTH) {
        best = new LshBands(bands, rows);
      }
    }
    return best;
  }

  int signatureLength() {
    return bands * rows;
  }

  /** A hash of the values in one band. */
  long key(long[] signature, int band) {
    long key = StableHash.mix(band);
    for (int i = band * rows; i < (band + 1) * rows; i++) {
      key = StableHash.mix(key + signature[i]);
    }
    return key;
  }

  private static int bandsNeeded(double threshold, int rows) {
    double agree = Math.pow(threshold, rows);
    return agree >= 1 ? 1 : (int) Math.ceil(Math.log(MISSED) / Math.log1p(-agree));
  }
}
