package org.pocketdistill.eval;

import java.util.List;
import org.pocketdistill.eval.metric.ItemScore;
import org.pocketdistill.eval.metric.Metric;
import org.pocketdistill.eval.result.TaskResult;

/** One model in one task: the result and the samples it comes from, in item order. */
public record TaskMeasurement(EvaluationTask task, TaskResult result, List<Sample> samples) {
  public TaskMeasurement {
    samples = List.copyOf(samples);
  }

  List<ItemScore> scores(Metric metric) {
    return samples.stream().map(sample -> sample.scores().get(metric)).toList();
  }
}
