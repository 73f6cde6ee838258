package org.pocketdistill.batch;

import java.util.ArrayList;
import java.util.List;

/**
 * The tokenised rows of a data set, held compactly: four bytes a token.
 *
 * <p>A token that is learned is stored as its id, one that is not as {@code -1 - id}. Rows are only
 * added; reading from several threads is safe once all are in.
 */
public final class TokenizedRows {
  private final List<String> ids = new ArrayList<>();
  private final List<int[]> rows = new ArrayList<>();
  private final List<Integer> learned = new ArrayList<>();
  private long tokens;
  private long learnedTokens;

  /**
   * Adds a row after the others.
   *
   * @throws IllegalArgumentException if an id is negative, or a label neither ignored nor the id
   */
  public void add(TokenizedExample example) {
    int[] row = new int[example.inputIds().length];
    for (int i = 0; i < row.length; i++) {
      row[i] = stored(example, i);
    }
    int learnedOfRow = example.learnedTokens();
    ids.add(example.id());
    rows.add(row);
    learned.add(learnedOfRow);
    tokens += row.length;
    learnedTokens += learnedOfRow;
  }

  /** Number of rows. */
  public int size() {
    return rows.size();
  }

  /** Tokens of all rows. */
  public long tokens() {
    return tokens;
  }

  /** Learned tokens of all rows. */
  public long learnedTokens() {
    return learnedTokens;
  }

  /** Number of tokens of a row. */
  public int length(int row) {
    return rows.get(row).length;
  }

  /** Number of learned tokens of a row. */
  public int learnedTokens(int row) {
    return learned.get(row);
  }

  /** A row as it was added. */
  public TokenizedExample get(int row) {
    int[] stored = rows.get(row);
    int[] inputIds = new int[stored.length];
    int[] labels = new int[stored.length];
    for (int i = 0; i < stored.length; i++) {
      inputIds[i] = id(stored[i]);
      labels[i] = label(stored[i]);
    }
    return new TokenizedExample(ids.get(row), inputIds, labels);
  }

  /** The row as stored; read it with {@link #id} and {@link #label}. */
  int[] stored(int row) {
    return rows.get(row);
  }

  static int id(int stored) {
    return stored >= 0 ? stored : -1 - stored;
  }

  static int label(int stored) {
    return stored >= 0 ? stored : TokenizedExample.IGNORE_INDEX;
  }

  private static int stored(TokenizedExample example, int position) {
    int id = example.inputIds()[position];
    int label = example.labels()[position];
    if (id < 0 || (label != id && label != TokenizedExample.IGNORE_INDEX)) {
      throw new IllegalArgumentException(
          "row %s, token %d: id %d with label %d; expected the id itself or %d"
              .formatted(example.id(), position, id, label, TokenizedExample.IGNORE_INDEX));
    }
    return label == id ? id : -1 - id;
  }
}
