package org.pocketdistill.pipeline.cache;

/** How large a cache becomes. */
public final class CacheSize {
  private CacheSize() {}

  /**
   * Bytes of a learned token before compression, which took two fifths of SmolLM2's 260 at k = 64
   * away.
   *
   * @param vocabSize number of logits
   * @param topK tokens that are kept
   */
  public static long bytesPerLearnedToken(int vocabSize, int topK) {
    return new EntryFormat(vocabSize, topK).bytes(1);
  }
}
