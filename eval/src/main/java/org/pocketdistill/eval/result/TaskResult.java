package org.pocketdistill.eval.result;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What one model reached in one task on one set of items.
 *
 * @param task name of the task
 * @param version of the task's definition
 * @param set name of the evaluation set
 * @param n number of items
 * @param itemsSha256 hash of the items in their order; equal for models that can be compared
 * @param chance value of the first metric reached by guessing; of choices, of every metric
 * @param metrics by key, in the task's order, the first is its headline
 * @param unparseable share of the items asking for a call whose answer is no call
 * @param truncated number of answers cut off at the token limit; of choices, number of items whose
 *     prompt did not fit
 * @param reasoning traces before the answers
 * @param breakdowns by function and by group, keys in order
 */
public record TaskResult(
    String task,
    int version,
    String set,
    int n,
    String itemsSha256,
    double chance,
    Map<String, MetricValue> metrics,
    double unparseable,
    int truncated,
    ReasoningUse reasoning,
    List<Breakdown> breakdowns) {
  public TaskResult {
    metrics = ordered(metrics);
    breakdowns = List.copyOf(breakdowns);
  }

  /** Name of task and set in one, as file names and lm-evaluation-harness's tables have it. */
  public String alias() {
    return task + "_" + set;
  }

  static Map<String, MetricValue> ordered(Map<String, MetricValue> metrics) {
    return Collections.unmodifiableMap(new LinkedHashMap<>(metrics));
  }
}
