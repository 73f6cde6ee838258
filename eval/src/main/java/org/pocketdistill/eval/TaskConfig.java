package org.pocketdistill.eval;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import org.pocketdistill.config.Checked;
import org.pocketdistill.config.Contradiction;
import org.pocketdistill.config.Key;
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
    @Key("what is measured; the first is the headline") List<Metric> metrics,
    @Key(
            value = "value of the first metric that guessing reaches",
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

  /** The task with another budget of a trace, if one is given. */
  public TaskConfig withReasoningBudget(Optional<Integer> budget) {
    return new TaskConfig(
        name,
        version,
        description,
        outputType,
        maxNewTokens,
        budget.or(() -> reasoningBudget),
        stop,
        metrics,
        chance);
  }

  @Override
  public List<Contradiction> contradictions() {
    List<Contradiction> found = new ArrayList<>();
    if (!NAME.matcher(name).matches()) {
      found.add(
          Contradiction.of(
              "'" + name + "': expected letters, digits, '.', '_' and '-', 100 at most", "name"));
    }
    if (metrics.isEmpty() || new HashSet<>(metrics).size() < metrics.size()) {
      found.add(
          Contradiction.of(
              metrics.stream().map(Metric::key).toList()
                  + ": expected one metric or more, none of them twice",
              "metrics"));
    }
    return found;
  }
}
