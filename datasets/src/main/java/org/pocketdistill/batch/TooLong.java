package org.pocketdistill.batch;

/** What to do with a row of more than {@code max_seq_len} tokens. */
public enum TooLong {
  /** Leave the row out and count it. */
  DROP,
  /** Keep the first {@code max_seq_len} tokens; leave the row out if none of them is learned. */
  TRUNCATE,
  /** Stop with a message that names the row. */
  ERROR
}
