package org.pocketdistill.eval;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.pocketdistill.data.MultipleChoice;
import org.pocketdistill.eval.LanguageModel.LogLikelihood;
import org.pocketdistill.eval.LanguageModel.LogLikelihoodRequest;
import org.pocketdistill.eval.Response.Choices;
import org.pocketdistill.eval.metric.ItemScore;
import org.pocketdistill.eval.metric.Metric;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks for the log-probability of each choice after its question: {@link
 * OutputType#MULTIPLE_CHOICE}.
 *
 * @param what is said of the work in lines of progress
 */
record ChoiceLikelihoods(LanguageModel model, int batchSize, String what) {
  private static final Logger LOG = LoggerFactory.getLogger(ChoiceLikelihoods.class);

  List<Sample> of(EvaluationTask task) {
    PromptTemplate template = new PromptTemplate(task.config().prompt().orElseThrow());
    List<String> prompts =
        task.items().stream().map(item -> template.render(item.choice())).toList();
    List<List<LogLikelihood>> likelihoods = likelihoods(task, prompts);
    List<Sample> samples = new ArrayList<>();
    for (Item item : task.items()) {
      Choices choices = new Choices(likelihoods.get(item.docId()));
      choices.likelihoods().forEach(likelihood -> likelihood.requireFinite(what, item));
      samples.add(
          new Sample(item, prompts.get(item.docId()), choices, scores(task, item, choices)));
    }
    warnOfCutPrompts(samples);
    return samples;
  }

  /** The choices of a question stay together, for they may share work. */
  private List<List<LogLikelihood>> likelihoods(EvaluationTask task, List<String> prompts) {
    List<List<LogLikelihoodRequest>> questions = new ArrayList<>();
    int most = 1;
    for (Item item : task.items()) {
      List<LogLikelihoodRequest> question = new ArrayList<>();
      for (String choice : item.choice().choices()) {
        String continuation = task.config().targetDelimiter() + choice;
        question.add(new LogLikelihoodRequest(prompts.get(item.docId()), continuation, true));
      }
      questions.add(question);
      most = Math.max(most, question.size());
    }
    return new Batches(Math.max(1, batchSize / most))
        .answer(questions, ChoiceLikelihoods::longest, this::ask, what);
  }

  private static int longest(List<LogLikelihoodRequest> question) {
    return question.stream().mapToInt(LogLikelihoodRequest::length).max().orElseThrow();
  }

  private List<List<LogLikelihood>> ask(List<List<LogLikelihoodRequest>> questions) {
    List<LogLikelihood> all =
        model.logLikelihood(questions.stream().flatMap(List::stream).toList());
    List<List<LogLikelihood>> parts = new ArrayList<>();
    int from = 0;
    for (List<LogLikelihoodRequest> question : questions) {
      parts.add(all.subList(from, from + question.size()));
      from += question.size();
    }
    return parts;
  }

  private static Map<Metric, ItemScore> scores(EvaluationTask task, Item item, Choices choices) {
    Map<Metric, ItemScore> scores = new EnumMap<>(Metric.class);
    for (Metric metric : task.config().metrics()) {
      scores.put(
          metric, ItemScore.of(chosen(metric, item.choice(), choices) == item.choice().answer()));
    }
    return scores;
  }

  /** Index of the choice that the metric takes as the model's. */
  static int chosen(Metric metric, MultipleChoice question, Choices choices) {
    return metric == Metric.ACC_NORM
        ? choices.mostProbablePerCharacter(question.choices())
        : choices.mostProbable();
  }

  private void warnOfCutPrompts(List<Sample> samples) {
    long cut = samples.stream().filter(sample -> sample.response().truncated()).count();
    if (cut > 0) {
      LOG.warn(
          "{}: {} of {} prompts did not fit and lost their beginning", what, cut, samples.size());
    }
  }
}
