package org.pocketdistill.eval;

/** What a task asks a model for; names are those of lm-evaluation-harness. */
public enum OutputType {
  /** An answer, written greedily until a stop string or the token limit. */
  GENERATE_UNTIL
}
