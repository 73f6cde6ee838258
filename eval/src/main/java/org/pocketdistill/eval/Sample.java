package org.pocketdistill.eval;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.pocketdistill.eval.Response.Written;
import org.pocketdistill.eval.metric.ItemScore;
import org.pocketdistill.eval.metric.Metric;

/**
 * What a model answered to one item, and how that scores.
 *
 * @param prompt text shown to the model; the whole text of a text
 * @param scores of each metric of the task
 */
public record Sample(Item item, String prompt, Response response, Map<Metric, ItemScore> scores) {
  public Sample {
    scores = Collections.unmodifiableMap(new EnumMap<>(scores));
  }

  /** The answer in words, if the task asks for one. */
  public Optional<Written> written() {
    return response instanceof Written written ? Optional.of(written) : Optional.empty();
  }
}
