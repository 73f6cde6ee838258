package org.pocketdistill.pipeline.report;

import java.util.List;
import org.pocketdistill.data.Message;
import org.pocketdistill.eval.LanguageModel;

/**
 * Knows the answer to a given share of the questions, the same ones each time, and says something
 * hostile to the others. The question holds the answer behind a bar.
 */
record CommandModel(double accuracy, double nats) implements LanguageModel {
  static final String HOSTILE =
      "</script><script>alert(1)</script><img src=x onerror=alert(1)> | `code` \u202egnp.exe\n[x](y)";

  @Override
  public String applyChatTemplate(List<Message> messages) {
    return messages.get(messages.size() - 1).content();
  }

  @Override
  public String endToken() {
    return "$";
  }

  @Override
  public List<LogLikelihood> logLikelihood(List<LogLikelihoodRequest> requests) {
    return requests.stream().map(r -> score(r.continuation())).toList();
  }

  private LogLikelihood score(String text) {
    double wobble = 1 + 0.2 * share(text);
    return new LogLikelihood(-nats * wobble * text.length(), text.length(), false);
  }

  @Override
  public List<LogLikelihood> rollingLogLikelihood(List<String> texts, int window) {
    return texts.stream().map(this::score).toList();
  }

  @Override
  public List<Generation> generateUntil(List<String> prompts, GenerationOptions options) {
    return prompts.stream().map(this::answer).toList();
  }

  private Generation answer(String prompt) {
    double difficulty = share(prompt);
    String reference = prompt.substring(prompt.indexOf('|') + 1);
    if (difficulty < accuracy) {
      return new Generation(reference, 20, true);
    }
    return difficulty > 0.97
        ? new Generation(HOSTILE, 64, false)
        : new Generation(reference.replace("\"value\":", "\"value\":1"), 20, true);
  }

  /** A number in [0, 1) that looks random and is not. */
  private static double share(String text) {
    return ((text.hashCode() * 0x9E3779B97F4A7C15L) >>> 11) * 0x1p-53;
  }

  @Override
  public void close() {}
}
