package org.pocketdistill.eval;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.pocketdistill.eval.LanguageModel.LogLikelihood;
import org.pocketdistill.eval.Response.Text;
import org.pocketdistill.eval.metric.ItemScore;
import org.pocketdistill.eval.metric.Metric;
import org.pocketdistill.eval.metric.TextLength;

/**
 * Asks for the log-probability of whole texts: {@link OutputType#LOGLIKELIHOOD_ROLLING}.
 *
 * @param what is said of the work in lines of progress
 */
record TextLikelihoods(LanguageModel model, int batchSize, String what) {
  /** Documents may be long; some characters at once let progress show. */
  private static final int BATCH_CHARACTERS = 1 << 15;

  List<Sample> of(EvaluationTask task) {
    List<String> texts = task.items().stream().map(item -> item.example().text()).toList();
    int window = task.config().window().orElse(Integer.MAX_VALUE);
    List<LogLikelihood> likelihoods =
        new Batches(batchSize, BATCH_CHARACTERS)
            .answer(
                texts, String::length, batch -> model.rollingLogLikelihood(batch, window), what);
    List<Sample> samples = new ArrayList<>();
    for (Item item : task.items()) {
      String text = texts.get(item.docId());
      LogLikelihood likelihood = likelihoods.get(item.docId()).requireFinite(what, item);
      Map<Metric, ItemScore> scores = new EnumMap<>(Metric.class);
      for (Metric metric : task.config().metrics()) {
        int units =
            metric == Metric.WORD_PERPLEXITY ? TextLength.words(text) : TextLength.bytes(text);
        scores.put(metric, new ItemScore(-likelihood.sum(), units));
      }
      samples.add(new Sample(item, text, new Text(likelihood), scores));
    }
    return samples;
  }
}
