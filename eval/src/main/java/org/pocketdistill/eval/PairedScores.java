package org.pocketdistill.eval;

import java.util.Arrays;
import java.util.Optional;
import org.pocketdistill.eval.metric.Metric;
import org.pocketdistill.eval.result.Comparison;
import org.pocketdistill.eval.result.Retention;
import org.pocketdistill.eval.result.TaskResult;
import org.pocketdistill.eval.statistics.Bootstrap;
import org.pocketdistill.eval.statistics.Interval;
import org.pocketdistill.eval.statistics.PairedCounts;

/**
 * The scores of two models on the same items in one metric.
 *
 * @param chance what guessing reaches
 */
record PairedScores(ScoreColumns model, ScoreColumns baseline, double chance) {
  static final String MCNEMAR = "mcnemar_exact";
  static final String BOOTSTRAP = "paired_bootstrap";

  private Metric metric() {
    return model.metric();
  }

  /** Whether both models have something to count, such as a slot. */
  boolean isDefined() {
    return Double.isFinite(model.value()) && Double.isFinite(baseline.value());
  }

  Comparison compare(TaskResult task, String modelName, String baselineName, Bootstrap bootstrap) {
    Difference difference = metric().isProportion() ? ofShares() : ofRatios(bootstrap);
    return new Comparison(
        task.task(),
        task.set(),
        metric().key(),
        modelName,
        baselineName,
        model.size(),
        difference.value(),
        difference.interval(),
        difference.test(),
        difference.pValue(),
        model.countBetterThan(baseline),
        baseline.countBetterThan(model),
        retention(bootstrap));
  }

  private record Difference(double value, Interval interval, String test, double pValue) {}

  private Difference ofShares() {
    PairedCounts counts = PairedCounts.of(model.outcomes(), baseline.outcomes());
    return new Difference(
        counts.difference(), counts.differenceInterval(), MCNEMAR, counts.mcNemarExact());
  }

  private Difference ofRatios(Bootstrap bootstrap) {
    double[] replicates =
        Arrays.stream(bootstrap.replicates(model.size(), w -> model.value(w) - baseline.value(w)))
            .filter(Double::isFinite)
            .toArray();
    return new Difference(
        model.value() - baseline.value(),
        Bootstrap.percentileInterval(replicates),
        BOOTSTRAP,
        Bootstrap.pValue(replicates));
  }

  private Retention retention(Bootstrap bootstrap) {
    double value = ratio(model.value(), baseline.value());
    if (!Double.isFinite(value)) {
      return Retention.undefined("the baseline's value is 0");
    }
    Optional<Double> chanceCorrected =
        metric().higherIsBetter() && baseline.value() > chance
            ? Optional.of((model.value() - chance) / (baseline.value() - chance))
            : Optional.empty();
    double[] replicates =
        bootstrap.replicates(model.size(), w -> ratio(model.value(w), baseline.value(w)));
    if (!Arrays.stream(replicates).allMatch(Double::isFinite)) {
      return new Retention(
          Optional.of(value),
          Optional.empty(),
          chanceCorrected,
          "no interval: the baseline's value is 0 in some resamples");
    }
    return new Retention(
        Optional.of(value),
        Optional.of(Bootstrap.percentileInterval(replicates)),
        chanceCorrected,
        "");
  }

  private double ratio(double ofModel, double ofBaseline) {
    return metric().higherIsBetter() ? ofModel / ofBaseline : ofBaseline / ofModel;
  }
}
