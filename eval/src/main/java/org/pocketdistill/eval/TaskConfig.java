package org.pocketdistill.eval;

import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import org.pocketdistill.config.Checked;
import org.pocketdistill.config.Contradiction;
import org.pocketdistill.config.Key;
import org.pocketdistill.config.Nearest;
import org.pocketdistill.config.Rules;
import org.pocketdistill.eval.metric.Metric;

/** A task file, {@code configs/tasks/NAME.yaml}: what is asked and what is measured. */
public record TaskConfig(
    @Key("name in tables and file names: letters, digits, '.', '_' and '-'") String name,
    @Key(value = "raise it when the task's numbers change their meaning", min = 1) int version,
    @Key("what the task measures, for people") String description,
    @Key(value = "what a model is asked for", defaultValue = "generate_until")
        OutputType outputType,
    @Key(value = "most tokens of an answer", defaultValue = "128", min = 1) int maxNewTokens,
    @Key(
            value =
                "most tokens of a trace (<think>), then it is closed and the answer has"
                    + " max_new_tokens of its own; 0 closes it at once; default: both share"
                    + " max_new_tokens",
            min = 0)
        Optional<Integer> reasoningBudget,
    @Key(value = "strings that end an answer, besides the end token", defaultValue = "[]")
        List<String> stop,
    @Key(
            "of multiple_choice: text before a choice, with {question} and {context} of the row;"
                + " no chat template is around it")
        Optional<String> prompt,
    @Key(value = "of multiple_choice: stands between the prompt and a choice", defaultValue = "' '")
        String targetDelimiter,
    @Key(
            value =
                "of loglikelihood_rolling: tokens that are predicted at once, the first of them"
                    + " from one token before; at most, and by default, the model's context less 1",
            min = 2)
        Optional<Integer> window,
    @Key("what is measured; the first is the headline") List<Metric> metrics,
    @Key(
            value =
                "value of the first metric that guessing reaches; of multiple_choice, of all of"
                    + " them",
            defaultValue = "0",
            min = 0,
            max = 0.99)
        double chance)
    implements Checked {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");

  public TaskConfig {
    stop = List.copyOf(stop);
    metrics = List.copyOf(metrics);
  }

  /** The budget of a trace. */
  public OptionalInt budget() {
    return reasoningBudget.map(OptionalInt::of).orElseGet(OptionalInt::empty);
  }

  /** The value of a metric that guessing reaches. */
  public double chance(Metric metric) {
    return outputType == OutputType.MULTIPLE_CHOICE || metric == metrics.get(0) ? chance : 0;
  }

  /** The task with another budget of a trace, if one is given. */
  public TaskConfig withReasoningBudget(Optional<Integer> budget) {
    return with(budget.or(() -> reasoningBudget), window);
  }

  /** The task with windows of at most {@code tokens}, if it reads texts in windows. */
  public TaskConfig withLongestWindow(int tokens) {
    if (outputType != OutputType.LOGLIKELIHOOD_ROLLING) {
      return this;
    }
    return with(reasoningBudget, Optional.of(Math.min(window.orElse(tokens), tokens)));
  }

  private TaskConfig with(Optional<Integer> reasoningBudget, Optional<Integer> window) {
    return new TaskConfig(
        name,
        version,
        description,
        outputType,
        maxNewTokens,
        reasoningBudget,
        stop,
        prompt,
        targetDelimiter,
        window,
        metrics,
        chance);
  }

  @Override
  public List<Contradiction> contradictions() {
    List<String> keys = metrics.stream().map(Metric::key).toList();
    Rules rules =
        new Rules()
            .require(
                NAME.matcher(name).matches(),
                "'" + name + "': expected letters, digits, '.', '_' and '-', 100 at most",
                "name")
            .require(
                !keys.isEmpty() && new HashSet<>(keys).size() == keys.size(),
                keys + ": expected one metric or more, none of them twice",
                "metrics")
            .require(
                outputType.metrics().containsAll(metrics),
                "%s: expected of %s, which %s has"
                    .formatted(
                        keys,
                        outputType.metrics().stream().map(Metric::key).toList(),
                        key(outputType)),
                "metrics",
                "output_type");
    requireFits(rules, prompt, "prompt", OutputType.MULTIPLE_CHOICE);
    requireFits(rules, window, "window", OutputType.LOGLIKELIHOOD_ROLLING);
    requireFits(rules, reasoningBudget, "reasoning_budget", OutputType.GENERATE_UNTIL);
    rules.require(
        prompt.isPresent() || outputType != OutputType.MULTIPLE_CHOICE,
        "multiple_choice needs a 'prompt', for example \"Question: {question}\\nAnswer:\"",
        "output_type",
        "prompt");
    prompt.map(PromptTemplate::new).ifPresent(template -> requirePlaces(rules, template));
    return rules.broken();
  }

  private void requireFits(Rules rules, Optional<?> value, String name, OutputType type) {
    rules.require(
        value.isEmpty() || outputType == type,
        "'%s' is of output_type %s, not of %s".formatted(name, key(type), key(outputType)),
        name,
        "output_type");
  }

  private static void requirePlaces(Rules rules, PromptTemplate template) {
    List<String> known = List.of(PromptTemplate.QUESTION, PromptTemplate.CONTEXT);
    for (String place : new LinkedHashSet<>(template.places())) {
      rules.require(
          known.contains(place),
          "nothing is called {" + place + "}; " + Nearest.hint(place, known),
          "prompt");
    }
    rules.require(
        template.places().contains(PromptTemplate.QUESTION),
        "expected {question} somewhere in it",
        "prompt");
  }

  private static String key(OutputType type) {
    return type.name().toLowerCase(Locale.ROOT);
  }
}
