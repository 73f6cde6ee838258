package org.pocketdistill.eval;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.pocketdistill.eval.LanguageModel.Generation;
import org.pocketdistill.eval.LanguageModel.Trace;
import org.pocketdistill.eval.Response.Written;
import org.pocketdistill.eval.metric.CallScore;
import org.pocketdistill.eval.metric.ItemScore;
import org.pocketdistill.eval.metric.Metric;
import org.pocketdistill.eval.result.Breakdown;
import org.pocketdistill.eval.result.MetricValue;
import org.pocketdistill.eval.result.ReasoningUse;
import org.pocketdistill.eval.result.TaskResult;
import org.pocketdistill.eval.statistics.Bootstrap;
import org.pocketdistill.eval.statistics.Interval;
import org.pocketdistill.eval.statistics.Proportions;

/** Samples added up to metrics. */
record Aggregation(Bootstrap bootstrap) {
  /** Key of the items whose reference is text. */
  static final String NO_CALL = "(no call)";

  TaskResult result(EvaluationTask task, List<Sample> samples) {
    List<Written> written = samples.stream().flatMap(s -> s.written().stream()).toList();
    List<CallScore> calls =
        written.stream().map(Written::call).filter(call -> call.function().isPresent()).toList();
    long unparseable = calls.stream().filter(CallScore::unparseable).count();
    List<Breakdown> breakdowns = new ArrayList<>();
    breakdowns.addAll(breakdowns(task, samples, Breakdown.FUNCTION, Aggregation::function));
    breakdowns.addAll(breakdowns(task, samples, Breakdown.GROUP, s -> s.item().example().group()));
    return new TaskResult(
        task.config().name(),
        task.config().version(),
        task.set(),
        samples.size(),
        itemsHash(samples),
        task.config().chance(),
        metrics(task, samples),
        calls.isEmpty() ? 0 : unparseable / (double) calls.size(),
        (int) samples.stream().filter(s -> s.response().truncated()).count(),
        reasoning(written.stream().map(Written::generation).toList()),
        breakdowns);
  }

  /** Empty for an item that asks for no answer in words. */
  private static String function(Sample sample) {
    return sample.written().map(w -> w.call().function().orElse(NO_CALL)).orElse("");
  }

  private static ReasoningUse reasoning(List<Generation> generations) {
    List<Trace> traces =
        generations.stream().map(Generation::trace).filter(Trace::isPresent).toList();
    return new ReasoningUse(
        traces.size(),
        traces.stream().mapToInt(Trace::tokens).average().orElse(0),
        (int) traces.stream().filter(Trace::closedByBudget).count(),
        (int) generations.stream().filter(Generation::truncatedReasoning).count());
  }

  private static String itemsHash(List<Sample> samples) {
    StringBuilder hashes = new StringBuilder();
    samples.forEach(sample -> hashes.append(sample.item().docHash()));
    return PythonJson.sha256(hashes.toString());
  }

  private List<Breakdown> breakdowns(
      EvaluationTask task, List<Sample> samples, String by, Function<Sample, String> key) {
    Map<String, List<Sample>> parts = new TreeMap<>();
    for (Sample sample : samples) {
      parts.computeIfAbsent(key.apply(sample), k -> new ArrayList<>()).add(sample);
    }
    parts.remove("");
    List<Breakdown> breakdowns = new ArrayList<>();
    parts.forEach(
        (name, part) -> breakdowns.add(new Breakdown(by, name, part.size(), metrics(task, part))));
    return breakdowns;
  }

  /** A metric that has nothing to count on these samples is left out. */
  private Map<String, MetricValue> metrics(EvaluationTask task, List<Sample> samples) {
    Map<String, MetricValue> values = new LinkedHashMap<>();
    for (Metric metric : task.config().metrics()) {
      List<ItemScore> scores = samples.stream().map(s -> s.scores().get(metric)).toList();
      if (scores.stream().anyMatch(score -> score.denominator() > 0)) {
        values.put(metric.key(), metric.isProportion() ? share(scores) : ratio(metric, scores));
      }
    }
    return values;
  }

  private static MetricValue share(List<ItemScore> scores) {
    double[] values = scores.stream().mapToDouble(ItemScore::numerator).toArray();
    int successes = (int) Arrays.stream(values).sum();
    int n = values.length;
    return new MetricValue(
        successes / (double) n,
        n,
        Proportions.stderrOfMean(values),
        Proportions.wilson(successes, n));
  }

  private MetricValue ratio(Metric metric, List<ItemScore> scores) {
    ScoreColumns columns = ScoreColumns.of(metric, scores);
    double[] replicates =
        Arrays.stream(bootstrap.replicates(scores.size(), columns::value))
            .filter(Double::isFinite)
            .toArray();
    Interval interval = Bootstrap.percentileInterval(replicates);
    return new MetricValue(columns.value(), scores.size(), Bootstrap.stderr(replicates), interval);
  }
}
