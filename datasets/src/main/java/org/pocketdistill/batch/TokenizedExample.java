package org.pocketdistill.batch;

/**
 * One row as token ids with its loss mask.
 *
 * @param id the row's id in its data set
 * @param inputIds token ids
 * @param labels as many as {@code inputIds}: the id itself where the token is learned, {@link
 *     #IGNORE_INDEX} where not. Not shifted (Hugging Face's convention)
 */
public record TokenizedExample(String id, int[] inputIds, int[] labels) {
  /** Label of a token that is not learned. */
  public static final int IGNORE_INDEX = -100;

  public TokenizedExample {
    if (inputIds.length != labels.length) {
      throw new IllegalArgumentException(
          "row " + id + ": " + inputIds.length + " ids but " + labels.length + " labels");
    }
  }

  /** Number of tokens that the loss is computed on: labels after the first position. */
  public int learnedTokens() {
    int learned = 0;
    for (int i = 1; i < labels.length; i++) {
      if (labels[i] != IGNORE_INDEX) {
        learned++;
      }
    }
    return learned;
  }
}
