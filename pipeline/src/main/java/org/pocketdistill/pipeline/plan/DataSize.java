package org.pocketdistill.pipeline.plan;

/**
 * Rows and what they hold.
 *
 * @param tokens of all rows, in the layout that is trained on
 * @param learned those that the assistant says
 */
public record DataSize(long rows, double tokens, double learned) {
  static final DataSize NONE = new DataSize(0, 0, 0);

  DataSize plus(DataSize other) {
    return new DataSize(rows + other.rows, tokens + other.tokens, learned + other.learned);
  }

  /** As many rows as given, like these. */
  DataSize of(long count) {
    double factor = rows == 0 ? 0 : (double) count / rows;
    return new DataSize(count, tokens * factor, learned * factor);
  }

  double tokensPerRow() {
    return rows == 0 ? 0 : tokens / rows;
  }
}
