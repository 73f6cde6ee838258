package org.pocketdistill.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pocketdistill.config.ConfigException;
import org.pocketdistill.config.ConfigReader;
import org.pocketdistill.eval.metric.Metric;

class TaskConfigTest {
  private static final Path TASKS = Path.of("..", "configs", "tasks");

  private static TaskConfig parse(String yaml) {
    return ConfigReader.parse(yaml, Path.of("task.yaml"), TaskConfig.class, List.of());
  }

  @Test
  void keysHaveDefaults() {
    TaskConfig task =
        parse("{name: t, version: 2, description: '', metrics: [slot_f1, exact_match]}");

    assertThat(task)
        .isEqualTo(
            new TaskConfig(
                "t",
                2,
                "",
                OutputType.GENERATE_UNTIL,
                128,
                Optional.empty(),
                List.of(),
                Optional.empty(),
                " ",
                Optional.empty(),
                List.of(Metric.SLOT_F1, Metric.EXACT_MATCH),
                0));
  }

  @Test
  void everyKeyCanBeSet() {
    TaskConfig task =
        parse(
            """
            name: choice.v1
            version: 3
            description: choices
            output_type: generate_until
            max_new_tokens: 7
            reasoning_budget: 40
            stop: ["END"]
            metrics: [exact_match]
            chance: 0.25
            """);

    assertThat(task)
        .isEqualTo(
            new TaskConfig(
                "choice.v1",
                3,
                "choices",
                OutputType.GENERATE_UNTIL,
                7,
                Optional.of(40),
                List.of("END"),
                Optional.empty(),
                " ",
                Optional.empty(),
                List.of(Metric.EXACT_MATCH),
                0.25));
  }

  @Test
  void aBudgetGivenElsewhereCountsBeforeTheTasksOwn() {
    TaskConfig task =
        parse("{name: t, version: 1, description: '', metrics: [slot_f1], reasoning_budget: 5}");

    assertThat(task.budget()).isEqualTo(OptionalInt.of(5));
    assertThat(task.withReasoningBudget(Optional.of(0)).budget()).isEqualTo(OptionalInt.of(0));
    assertThat(task.withReasoningBudget(Optional.empty())).isEqualTo(task);
    assertThatThrownBy(
            () ->
                parse(
                    "{name: t, version: 1, description: '', metrics: [slot_f1],"
                        + " reasoning_budget: -1}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("reasoning_budget: ");
  }

  @Test
  void allThatIsWrongIsSaidAtOnce() {
    assertThatThrownBy(
            () ->
                parse(
                    """
                    name: ../x
                    version: 0
                    description: d
                    metric: [bleu]
                    metrics: [slot_f1, slot_f1]
                    """))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("task.yaml:1: name: '../x': expected letters, digits")
        .hasMessageContaining("task.yaml:2: version")
        .hasMessageContaining("did you mean 'metrics'?")
        .hasMessageContaining(
            "[slot_f1, slot_f1]: expected one metric or more, none of them twice");
  }

  @Test
  void keysOfChoicesAndOfTextsCanBeSet() {
    String start = "{name: t, version: 1, description: '', ";
    TaskConfig choice =
        parse(
            start
                + "output_type: multiple_choice, prompt: 'Q {question}', target_delimiter: '',"
                + " metrics: [acc_norm, acc], chance: 0.25}");
    assertThat(choice.prompt()).contains("Q {question}");
    assertThat(choice.targetDelimiter()).isEmpty();
    assertThat(choice.chance(Metric.ACC)).isEqualTo(0.25);
    assertThat(choice.withReasoningBudget(Optional.empty())).isEqualTo(choice);

    TaskConfig text =
        parse(start + "output_type: loglikelihood_rolling, window: 64, metrics: [bits_per_byte]}");
    assertThat(text.window()).contains(64);
    assertThat(text.withReasoningBudget(Optional.empty())).isEqualTo(text);
    assertThat(text.withLongestWindow(63).window()).contains(63);
    assertThat(text.withLongestWindow(65)).isEqualTo(text);
    assertThat(choice.withLongestWindow(63)).isEqualTo(choice);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "metrics: [acc]|[acc]: expected of [exact_match, function_accuracy, slot_f1, perplexity]",
        "output_type: multiple_choice, metrics: [acc]|multiple_choice needs a 'prompt'",
        "output_type: multiple_choice, prompt: 'Q:', metrics: [acc]|prompt: expected {question}",
        "output_type: multiple_choice, prompt: '{queston}', metrics: [acc]|nothing is called {queston}; did you mean 'question'?",
        "output_type: multiple_choice, prompt: '{question}', window: 9, metrics: [acc]|'window' is of output_type loglikelihood_rolling",
        "prompt: '{question}', metrics: [slot_f1]|'prompt' is of output_type multiple_choice, not of generate_until",
      })
  void keysThatDoNotFitTheOutputTypeAreRefused(String keys, String problem) {
    assertThatThrownBy(() -> parse("{name: t, version: 1, description: '', " + keys + "}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(problem);
  }

  @Test
  void everyTaskFileIsValidAndSaysHowToRunIt() throws IOException {
    try (Stream<Path> files = Files.list(TASKS)) {
      List<Path> yaml = files.filter(f -> f.toString().endsWith(".yaml")).toList();
      assertThat(yaml).isNotEmpty();
      for (Path file : yaml) {
        TaskConfig task = ConfigReader.read(file, TaskConfig.class);
        assertThat(file.getFileName()).hasToString(task.name() + ".yaml");
        assertThat(Files.readString(file))
            .contains("# What:", "# Run:", "# Needs:", "# Expected:", "./distill ");
      }
    }
  }
}
