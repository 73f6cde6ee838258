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
