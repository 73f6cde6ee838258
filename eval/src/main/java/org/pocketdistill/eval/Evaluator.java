package org.pocketdistill.eval;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.pocketdistill.eval.LanguageModel.Generation;
import org.pocketdistill.eval.LanguageModel.GenerationOptions;
import org.pocketdistill.eval.LanguageModel.LogLikelihood;
import org.pocketdistill.eval.LanguageModel.LogLikelihoodRequest;
import org.pocketdistill.eval.metric.CallScore;
import org.pocketdistill.eval.metric.ItemScore;
import org.pocketdistill.eval.metric.Metric;
import org.pocketdistill.eval.result.ModelInfo;
import org.pocketdistill.eval.statistics.Bootstrap;

/** Puts tasks to a model and scores its answers. Immutable. */
public final class Evaluator {
  private final Batches batches;
  private final Aggregation aggregation;

  /**
   * An evaluator.
   *
   * @param batchSize requests that a model gets at once
   * @param bootstrap for standard errors and intervals of metrics that are no shares
   */
  public Evaluator(int batchSize, Bootstrap bootstrap) {
    this.batches = new Batches(batchSize);
    this.aggregation = new Aggregation(bootstrap);
  }

  /** Measures a model, which stays open. */
  public ModelMeasurement evaluate(
      ModelInfo info, LanguageModel model, List<EvaluationTask> tasks) {
    Set<String> seen = new HashSet<>();
    List<TaskMeasurement> measured = new ArrayList<>();
    for (EvaluationTask task : tasks) {
      List<Sample> samples =
          switch (task.config().outputType()) {
            case GENERATE_UNTIL -> generateUntil(info, model, task);
          };
      TaskMeasurement measurement =
          new TaskMeasurement(task, aggregation.result(task, samples), samples);
      if (!seen.add(measurement.result().alias())) {
        throw new IllegalArgumentException("task " + measurement.result().alias() + " twice");
      }
      measured.add(measurement);
    }
    return new ModelMeasurement(info, measured);
  }

  private List<Sample> generateUntil(ModelInfo info, LanguageModel model, EvaluationTask task) {
    List<String> prompts =
        task.items().stream()
            .map(item -> model.applyChatTemplate(item.question(), item.example().tools()))
            .toList();
    String what = info.name() + ", " + task.config().name() + " on " + task.set();
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
            ? perplexities(model, task, prompts, what + ", perplexity")
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
      samples.add(new Sample(item, prompts.get(i), generation, call, scores));
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
      }
    }
    return scores;
  }

  private List<ItemScore> perplexities(
      LanguageModel model, EvaluationTask task, List<String> prompts, String what) {
    String end = model.endToken();
    List<LogLikelihoodRequest> requests = new ArrayList<>();
    for (Item item : task.items()) {
      String context = model.beforeAnswer(prompts.get(item.docId()), item.referenceTrace());
      requests.add(new LogLikelihoodRequest(context, item.target() + end));
    }
    List<LogLikelihood> likelihoods =
        batches.answer(
            requests,
            request -> request.context().length() + request.continuation().length(),
            model::logLikelihood,
            what);
    List<ItemScore> scores = new ArrayList<>();
    for (Item item : task.items()) {
      LogLikelihood likelihood = likelihoods.get(item.docId());
      if (!Double.isFinite(likelihood.sum())) {
        throw new IllegalStateException(
            String.format(
                "%s: log-probability %s of item %s: expected a finite number",
                what, likelihood.sum(), item.example().id()));
      }
      scores.add(new ItemScore(-likelihood.sum(), likelihood.tokens()));
    }
    return scores;
  }
}
