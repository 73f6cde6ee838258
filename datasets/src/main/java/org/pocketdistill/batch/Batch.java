package org.pocketdistill.batch;

import java.util.stream.IntStream;

/**
 * One micro-batch: {@code rows} packed rows of {@code length} tokens, arrays in row-major order.
 *
 * @param inputIds [rows × length] token ids; padding is 0
 * @param positionIds [rows × length] position in the own document, from 0
 * @param documentIds [rows × length] 1, 2, … per row for its documents, 0 for padding. A token sees
 *     only earlier tokens of its own document
 * @param targets [rows × length] the token to predict after this one, or {@link
 *     TokenizedExample#IGNORE_INDEX}; already shifted, never across documents
 * @param learnedTokens number of targets that are not ignored
 */
public record Batch(
    int rows,
    int length,
    long[] inputIds,
    long[] positionIds,
    long[] documentIds,
    long[] targets,
    int learnedTokens) {
  /** Index of each position after which a token is learned, rising. */
  public long[] learnedPositions() {
    return IntStream.range(0, targets.length)
        .filter(i -> targets[i] != TokenizedExample.IGNORE_INDEX)
        .asLongStream()
        .toArray();
  }
}
