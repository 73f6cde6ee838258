package org.pocketdistill.eval;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import org.pocketdistill.eval.LanguageModel.Generation;
import org.pocketdistill.eval.metric.CallScore;
import org.pocketdistill.eval.metric.ItemScore;
import org.pocketdistill.eval.metric.Metric;

/**
 * What a model answered to one item, and how that scores.
 *
 * @param prompt text shown to the model
 * @param scores of each metric of the task
 */
public record Sample(
    Item item,
    String prompt,
    Generation generation,
    CallScore call,
    Map<Metric, ItemScore> scores) {
  public Sample {
    scores = Collections.unmodifiableMap(new EnumMap<>(scores));
  }
}
