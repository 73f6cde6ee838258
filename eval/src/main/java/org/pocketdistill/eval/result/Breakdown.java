package org.pocketdistill.eval.result;

import java.util.Map;

/**
 * The metrics of a part of the items.
 *
 * @param by what the items are parted by: {@code function} of the reference, or {@code group}
 * @param key the part, for example {@code set_timer} or {@code en}
 * @param n number of its items
 * @param metrics by key, as in {@link TaskResult}
 */
public record Breakdown(String by, String key, int n, Map<String, MetricValue> metrics) {
  /** {@link #by}: the function of the reference call. */
  public static final String FUNCTION = "function";

  /** {@link #by}: the label of the item. */
  public static final String GROUP = "group";

  public Breakdown {
    metrics = TaskResult.ordered(metrics);
  }
}
