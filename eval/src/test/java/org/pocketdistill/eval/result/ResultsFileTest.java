package org.pocketdistill.eval.result;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.data.DataException;
import org.pocketdistill.eval.statistics.Interval;

class ResultsFileTest {
  private static final MetricValue VALUE = new MetricValue(0.5, 4, 0.25, new Interval(0.1, 0.9));

  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void name() {
    file = folder.resolve("results.json");
  }

  private static EvaluationResults results() {
    Map<String, MetricValue> metrics = new LinkedHashMap<>();
    metrics.put("slot_f1", VALUE);
    metrics.put("exact_match", VALUE);
    TaskResult task =
        new TaskResult(
            "function_call",
            1,
            "test",
            4,
            "0".repeat(64),
            0,
            metrics,
            0.25,
            1,
            new ReasoningUse(3, 12.5, 1, 2),
            List.of(new Breakdown(Breakdown.GROUP, "en", 4, metrics)));
    ModelInfo model =
        new ModelInfo(ModelRole.STUDENT_INIT, "init", "03-student", 10, 40, "djl", "fp32");
    return new EvaluationResults(
        2, 2000, 17, List.of(new ModelResult(model, List.of(task))), List.of(comparison()));
  }

  private static Comparison comparison() {
    Retention retention =
        new Retention(Optional.of(0.9), Optional.of(new Interval(0.8, 1)), Optional.empty(), "");
    return new Comparison(
        "function_call",
        "test",
        "exact_match",
        "init",
        "teacher",
        4,
        -0.1,
        new Interval(-0.3, 0.1),
        "mcnemar_exact",
        0.5,
        1,
        2,
        retention);
  }

  @Test
  void comesBackAsWritten() throws IOException {
    ResultsFile.write(file, results());

    EvaluationResults read = ResultsFile.read(file);

    assertThat(read).isEqualTo(results());
    assertThat(read.models().get(0).tasks().get(0).metrics().keySet())
        .as("the headline stays first")
        .containsExactly("slot_f1", "exact_match");
    assertThat(Files.readString(file))
        .contains("\"role\" : \"student_init\"", "\"difference_interval\"", "\"p_value\"")
        .contains("\"truncated_reasoning\" : 2");
  }

  @Test
  void writingTwiceGivesTheSameBytes() throws IOException {
    ResultsFile.write(file, results());
    byte[] first = Files.readAllBytes(file);

    ResultsFile.write(file, ResultsFile.read(file));

    assertThat(file).hasBinaryContent(first);
  }

  @Test
  void aMissingFileIsNamed() {
    assertThatThrownBy(() -> ResultsFile.read(file))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith(file + ": cannot be read: ");
  }

  @Test
  void anotherFormIsNamed() throws IOException {
    Files.writeString(file, "{\"models\": 3}");
    assertThatThrownBy(() -> ResultsFile.read(file))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith(file + ": not a results file of this version: ");

    ResultsFile.write(file, results());
    Files.writeString(
        file, Files.readString(file).replace("\"schema_version\" : 2", "\"schema_version\" : 9"));
    assertThatThrownBy(() -> ResultsFile.read(file))
        .isInstanceOf(DataException.class)
        .hasMessage(file + ": schema_version 9: expected 2; evaluate again with this version");
  }

  @Test
  void aFileOfAnEarlierVersionSaysWhatToDo() throws IOException {
    Files.writeString(file, "{\"schema_version\": 1, \"models\": []}");

    assertThatThrownBy(() -> ResultsFile.read(file))
        .hasMessage(file + ": schema_version 1: expected 2; evaluate again with this version");
  }

  @Test
  void modelNamesAreFolderNames() {
    assertThatThrownBy(() -> new ModelInfo(ModelRole.ADAPTER, "../home", "p", 1, 1, "djl", "fp32"))
        .hasMessage(
            "model name '../home': expected letters, digits, '.', '_' and '-', 100 at most");
  }

  @Test
  void aMetricIsANumber() {
    assertThatThrownBy(() -> new MetricValue(Double.NaN, 1, 0, new Interval(0, 1)))
        .hasMessage("metric NaN ± 0.0: not finite");
  }
}
