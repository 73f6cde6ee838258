package org.pocketdistill.eval;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.pocketdistill.data.Message;

/**
 * Answers the questions it has an answer to, and "?" to all others; each character is a token, and
 * every token has the same probability.
 */
class ScriptedLanguageModel implements LanguageModel {
  private final Map<String, String> answers;
  private final int vocabulary;
  private final int maxTokens;
  final List<List<String>> batches = new ArrayList<>();
  final List<LogLikelihoodRequest> scored = new ArrayList<>();

  ScriptedLanguageModel(Map<String, String> answers, int vocabulary, int maxTokens) {
    this.answers = answers;
    this.vocabulary = vocabulary;
    this.maxTokens = maxTokens;
  }

  @Override
  public String applyChatTemplate(List<Message> messages) {
    return messages.stream()
        .map(m -> "<" + m.role().key() + ">" + m.content())
        .collect(Collectors.joining("", "", "<assistant>"));
  }

  @Override
  public String endToken() {
    return "$";
  }

  @Override
  public List<LogLikelihood> logLikelihood(List<LogLikelihoodRequest> requests) {
    scored.addAll(requests);
    return requests.stream().map(r -> score(r.continuation().length())).toList();
  }

  @Override
  public List<LogLikelihood> rollingLogLikelihood(List<String> texts, int window) {
    return texts.stream().map(text -> score(text.length() - 1)).toList();
  }

  private LogLikelihood score(int tokens) {
    return new LogLikelihood(-tokens * Math.log(vocabulary), tokens, false);
  }

  @Override
  public List<Generation> generateUntil(List<String> prompts, GenerationOptions options) {
    batches.add(prompts);
    int limit = Math.min(maxTokens, options.maxNewTokens());
    return prompts.stream().map(prompt -> answer(prompt, limit)).toList();
  }

  private Generation answer(String prompt, int limit) {
    String question = prompt.replaceAll("<[a-z]+>", "");
    String answer = answers.getOrDefault(question, "?");
    boolean finished = answer.length() <= limit;
    String text = finished ? answer : answer.substring(0, limit);
    return new Generation(text, text.length(), finished);
  }

  @Override
  public void close() {}
}
