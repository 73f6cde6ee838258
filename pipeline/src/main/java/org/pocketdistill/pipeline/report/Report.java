package org.pocketdistill.pipeline.report;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pocketdistill.eval.result.Breakdown;
import org.pocketdistill.eval.result.Comparison;
import org.pocketdistill.eval.result.ModelInfo;
import org.pocketdistill.eval.result.ReasoningUse;
import org.pocketdistill.eval.result.Retention;
import org.pocketdistill.eval.statistics.Interval;

/**
 * The report as data, {@code report.json}; {@code configs/schema/report.schema.json} describes it.
 *
 * @param headline sentences
 * @param shipped name of the smallest exported file, the one that the gates are about
 * @param comparisons of models with others than the teacher
 */
record Report(
    int schemaVersion,
    String name,
    long seed,
    List<String> headline,
    Optional<String> shipped,
    List<Model> models,
    List<Comparison> comparisons,
    List<Stage> stages,
    List<TrainingSummary> training,
    List<ExportCheck> exports,
    List<Gate> gates,
    Provenance provenance) {
  /** Form of the file that this version writes. */
  static final int SCHEMA_VERSION = 1;

  /** A model and what it reached. */
  record Model(ModelInfo model, List<Task> tasks) {}

  /** What a model reached in one task; metrics in the task's order, the first is its headline. */
  record Task(
      String task,
      int version,
      String set,
      int n,
      String itemsSha256,
      double chance,
      double unparseable,
      int truncated,
      ReasoningUse reasoning,
      List<Value> metrics,
      List<Breakdown> breakdowns) {}

  /** A metric, and how it stands to the teacher's on the same items. */
  record Value(
      String metric,
      double value,
      int n,
      double stderr,
      Interval interval,
      Optional<Retention> retention,
      Optional<Double> difference,
      Optional<Interval> differenceInterval,
      Optional<Double> pValue,
      Optional<String> test) {}

  /** What a stage cost. */
  record Stage(
      String stage, String status, Optional<Double> seconds, Optional<Long> peakRssBytes) {}

  /**
   * A training in figures.
   *
   * @param shares of a step's time, by part
   */
  record TrainingSummary(
      String name,
      long steps,
      Optional<Double> lastTrainLoss,
      Optional<Double> lastDevLoss,
      Optional<Double> tokensPerSecond,
      Optional<Double> learnedTokensPerSecond,
      Map<String, Double> shares) {}

  /** An exported file beside the model it was made from. */
  record ExportCheck(
      String file,
      Optional<Long> bytes,
      Optional<Double> maxAbsDiff,
      Optional<Double> klMean,
      Optional<Double> top1Agreement) {}

  /** Where the numbers come from. */
  record Provenance(
      String config,
      Map<String, String> versions,
      Map<String, Map<String, String>> inputsSha256,
      Optional<Integer> bootstrapResamples,
      Optional<Long> bootstrapSeed) {}
}
