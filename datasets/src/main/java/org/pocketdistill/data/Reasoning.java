package org.pocketdistill.data;

/** What becomes of the traces in the data. */
public enum Reasoning {
  /** The assistant's trace is learned like its answer. */
  LEARN,
  /** The trace stands before the answer and is not learned. */
  MASK,
  /** The trace is removed. */
  STRIP
}
