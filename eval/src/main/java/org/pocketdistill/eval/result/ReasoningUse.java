package org.pocketdistill.eval.result;

/**
 * The traces that a model wrote before its answers in one task.
 *
 * @param traces number of items with a trace
 * @param meanTokens tokens of a trace, its tags included; 0 without traces
 * @param closedByBudget number of traces that were closed because their budget was used up
 * @param truncatedReasoning number of traces that the token limit cut off; they have no answer and
 *     count as wrong
 */
public record ReasoningUse(
    int traces, double meanTokens, int closedByBudget, int truncatedReasoning) {
  /** No traces. */
  public static final ReasoningUse NONE = new ReasoningUse(0, 0, 0, 0);
}
