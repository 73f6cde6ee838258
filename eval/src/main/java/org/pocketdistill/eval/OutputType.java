package org.pocketdistill.eval;

import java.util.List;
import org.pocketdistill.eval.metric.Metric;

/** What a task asks a model for; names are those of lm-evaluation-harness. */
public enum OutputType {
  /** An answer, written greedily until a stop string or the token limit. */
  GENERATE_UNTIL,
  /** The log-probability of each choice after the question, without a chat template. */
  MULTIPLE_CHOICE,
  /** The log-probability of whole texts, in windows. */
  LOGLIKELIHOOD_ROLLING;

  /** What can be measured of it. */
  public List<Metric> metrics() {
    return switch (this) {
      case GENERATE_UNTIL ->
          List.of(Metric.EXACT_MATCH, Metric.FUNCTION_ACCURACY, Metric.SLOT_F1, Metric.PERPLEXITY);
      case MULTIPLE_CHOICE -> List.of(Metric.ACC, Metric.ACC_NORM);
      case LOGLIKELIHOOD_ROLLING ->
          List.of(Metric.WORD_PERPLEXITY, Metric.BYTE_PERPLEXITY, Metric.BITS_PER_BYTE);
    };
  }
}
