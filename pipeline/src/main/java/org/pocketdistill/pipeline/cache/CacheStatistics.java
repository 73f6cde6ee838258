package org.pocketdistill.pipeline.cache;

import java.nio.file.Path;

/**
 * What a cache holds, and what happened since it was opened.
 *
 * @param learnedTokens positions of all documents
 * @param bytes of the files; what is not flushed is not counted
 * @param hits documents that were asked for and found
 * @param misses documents that were computed
 * @param computedTokens tokens of the documents that were computed
 * @param seconds that computing and writing them took
 */
public record CacheStatistics(
    Path folder,
    long documents,
    long learnedTokens,
    long bytes,
    long hits,
    long misses,
    long computedTokens,
    double seconds) {
  /** 0 for an empty cache. */
  public double bytesPerLearnedToken() {
    return learnedTokens == 0 ? 0 : (double) bytes / learnedTokens;
  }

  /** Share of the documents that were found; 0 if none was asked for. */
  public double hitRate() {
    return hits + misses == 0 ? 0 : (double) hits / (hits + misses);
  }

  /** Tokens that the live teacher read in a second; 0 if none. */
  public double tokensPerSecond() {
    return seconds == 0 ? 0 : computedTokens / seconds;
  }
}
