package org.pocketdistill.eval;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.pocketdistill.data.DataException;
import org.pocketdistill.eval.LanguageModel.Generation;
import org.pocketdistill.eval.LanguageModel.GenerationOptions;
import org.pocketdistill.eval.LanguageModel.LogLikelihood;
import org.pocketdistill.eval.LanguageModel.LogLikelihoodRequest;
import org.pocketdistill.eval.Response.Written;
import org.pocketdistill.eval.metric.CallScore;
import org.pocketdistill.eval.metric.ItemScore;
import org.pocketdistill.eval.metric.Metric;

/**
 * Asks for answers in words: {@link OutputType#GENERATE_UNTIL}.
 *
 * @param what is said of the work in lines of progress
 */
record GeneratedAnswers(LanguageModel model, Batches batches, String what) {
  List<Sample> of(EvaluationTask task) {
    List<String> prompts =
        task.items().stream()
            .map(item -> model.applyChatTemplate(item.question(), item.example().tools()))
            .toList();
    GenerationOptions options =
        new GenerationOptions(task.config().maxNewTokens(), task.config().stop(), 0, 0, 1, 0)
            .withReasoningBudget(task.config().budget());
    List<Generation> generations =
        batches.answer(
            prompts,
            String::length,
            batch -> model.generateUntil(batch, options),
            what + ", answers");
    List<ItemScore> perplexities =
        task.config().metrics().contains(Metric.PERPLEXITY)
            ? perplexities(task, prompts)
            : List.of();
    List<Sample> samples = new ArrayList<>();
    for (Item item : task.items()) {
      int i = item.docId();
      Generation generation = generations.get(i);
      CallScore call =
          generation.trace().closed()
              ? CallScore.of(item.target(), generation.text())
              : CallScore.unanswered(item.target());
      Map<Metric, ItemScore> scores = scores(task, call);
      if (!perplexities.isEmpty()) {
        scores.put(Metric.PERPLEXITY, perplexities.get(i));
      }
      samples.add(new Sample(item, prompts.get(i), new Written(generation, call), scores));
    }
    return samples;
  }

  /** The task's metrics that an answer alone decides. */
  private static Map<Metric, ItemScore> scores(EvaluationTask task, CallScore call) {
    Map<Metric, ItemScore> scores = new EnumMap<>(Metric.class);
    for (Metric metric : task.config().metrics()) {
      switch (metric) {
        case EXACT_MATCH -> scores.put(metric, ItemScore.of(call.exact()));
        case FUNCTION_ACCURACY -> scores.put(metric, ItemScore.of(call.sameFunction()));
        case SLOT_F1 -> scores.put(metric, call.slots().score());
        case PERPLEXITY -> {}
        case ACC, ACC_NORM, WORD_PERPLEXITY, BYTE_PERPLEXITY, BITS_PER_BYTE ->
            throw new IllegalStateException(metric.key() + " of an answer in words");
      }
    }
    return scores;
  }

  private List<ItemScore> perplexities(EvaluationTask task, List<String> prompts) {
    String end = model.endToken();
    List<LogLikelihoodRequest> requests = new ArrayList<>();
    for (Item item : task.items()) {
      String context = model.beforeAnswer(prompts.get(item.docId()), item.referenceTrace());
      requests.add(new LogLikelihoodRequest(context, item.target() + end));
    }
    List<LogLikelihood> likelihoods =
        batches.answer(
            requests, LogLikelihoodRequest::length, model::logLikelihood, what + ", perplexity");
    List<ItemScore> scores = new ArrayList<>();
    for (Item item : task.items()) {
      LogLikelihood likelihood =
          likelihoods.get(item.docId()).requireFinite(what + ", perplexity", item);
      if (likelihood.cut() > 0) {
        throw new DataException(
            "%s: row %s has %d tokens more than the model's context with its answer; shorten or remove it"
                .formatted(what, item.example().id(), likelihood.cut()));
      }
      scores.add(new ItemScore(-likelihood.sum(), likelihood.tokens()));
    }
    return scores;
  }
}
