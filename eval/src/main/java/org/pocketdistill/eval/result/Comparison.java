package org.pocketdistill.eval.result;

import org.pocketdistill.eval.statistics.Interval;

/**
 * Two models on the same items.
 *
 * @param metric key of the metric
 * @param model name of the model
 * @param baseline name of the model it is compared with
 * @param n number of items
 * @param difference metric(model) − metric(baseline)
 * @param differenceInterval 95 %, paired: Agresti and Min for shares, else percentile bootstrap
 * @param test {@code mcnemar_exact} for shares, else {@code paired_bootstrap}
 * @param pValue two-sided
 * @param gained items on which only the model scores better than the other
 * @param lost items on which the baseline scores better
 */
public record Comparison(
    String task,
    String set,
    String metric,
    String model,
    String baseline,
    int n,
    double difference,
    Interval differenceInterval,
    String test,
    double pValue,
    int gained,
    int lost,
    Retention retention) {}
