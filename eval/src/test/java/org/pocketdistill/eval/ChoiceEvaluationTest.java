package org.pocketdistill.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.data.DataException;
import org.pocketdistill.data.Example;
import org.pocketdistill.data.MultipleChoice;
import org.pocketdistill.eval.result.Breakdown;
import org.pocketdistill.eval.result.Comparison;
import org.pocketdistill.eval.result.ModelRole;
import org.pocketdistill.eval.result.TaskResult;

/** Questions with choices: which one a model takes, what that scores, and what files say of it. */
class ChoiceEvaluationTest {
  private static final TaskConfig TASK = Fixtures.choiceTask("Q: {question} {X}\nA:");

  private static final List<Example> ROWS =
      List.of(
          row("a", "short or long?", 1, "s", "long"),
          row("b", "equal?", 0, "one", "two"),
          row("c", "emoji?", 0, "😀😀", "xyz"),
          row("d", "last?", 2, "p", "q", "r"));

  /**
   * ln p of each continuation; "long" wins by character alone, and code points count, not chars.
   */
  private static final Map<String, Double> LOG_PROBS =
      Map.of(
          " s", -2.0, " long", -4.0, " one", -3.0, " two", -3.0, " 😀😀", -4.0, " xyz", -5.0, " p",
          -1.0, " q", -2.0, " r", -3.0);

  @TempDir private Path folder;

  private static Example row(String id, String question, int answer, String... choices) {
    String group = choices.length == 2 ? "two" : "";
    return Example.of(id, new MultipleChoice("", question, List.of(choices), answer), group);
  }

  /** Knows the log-probability of each continuation. */
  private static final class Chooser extends ScriptedLanguageModel {
    private final Map<String, Double> logProbs;
    private final int cut;

    Chooser(Map<String, Double> logProbs, int cut) {
      super(Map.of(), 10, 9);
      this.logProbs = logProbs;
      this.cut = cut;
    }

    @Override
    public List<LogLikelihood> logLikelihood(List<LogLikelihoodRequest> requests) {
      scored.addAll(requests);
      return requests.stream()
          .map(r -> new LogLikelihood(logProbs.get(r.continuation()), 1, false, cut))
          .toList();
    }
  }

  private static ModelMeasurement measure(ModelRole role, LanguageModel model) {
    EvaluationTask task = EvaluationTask.of(TASK, "test", ROWS);
    return Fixtures.measure(role, role.name(), model, task);
  }

  @Test
  void theMostProbableChoiceCountsAndTheMostProbablePerCharacter() {
    Chooser model = new Chooser(LOG_PROBS, 0);
    TaskResult result = measure(ModelRole.TEACHER, model).tasks().get(0).result();

    // acc: s (wrong), one (first of equals, right), emoji (right), p (wrong)
    assertThat(result.metrics().get("acc").value()).isEqualTo(0.5);
    // -2/1 < -4/4; -3/3 = -3/3; -4/2 < -5/3; -1/1
    assertThat(result.metrics().get("acc_norm").value()).isEqualTo(0.5);
    List<Sample> samples = measure(ModelRole.TEACHER, model).tasks().get(0).samples();
    assertThat(samples)
        .extracting(s -> s.scores().values().stream().map(v -> (int) v.numerator()).toList())
        .containsExactly(List.of(0, 1), List.of(1, 1), List.of(1, 0), List.of(0, 0));
    assertThat(result.chance()).isEqualTo(0.5);
    assertThat(result.truncated()).isZero();
    assertThat(result.breakdowns()).extracting(Breakdown::key).containsExactly("two");
  }

  @Test
  void thePromptIsFilledInAndScoredAsOneTextWithTheChoice() {
    Chooser model = new Chooser(LOG_PROBS, 0);
    TaskConfig task = Fixtures.choiceTask("{context}|{question}");
    MultipleChoice choice = new MultipleChoice("{question} $1", "why?", List.of("s", "long"), 0);

    Fixtures.measure(
        ModelRole.TEACHER,
        "m",
        model,
        EvaluationTask.of(task, "test", List.of(Example.of("1", choice, ""))));

    assertThat(model.scored)
        .containsExactly(
            new LanguageModel.LogLikelihoodRequest("{question} $1|why?", " s", true),
            new LanguageModel.LogLikelihoodRequest("{question} $1|why?", " long", true));
  }

  @Test
  void chanceIsTakenOffInEveryMetricAndItemsArePaired() {
    Chooser better = new Chooser(LOG_PROBS, 0);
    Map<String, Double> right =
        Map.of(
            " s", -9.0, " long", -1.0, " one", -3.0, " two", -9.0, " 😀😀", -1.0, " xyz", -9.0,
            " p", -9.0, " q", -9.0, " r", -1.0);
    ModelMeasurement teacher = measure(ModelRole.TEACHER, new Chooser(right, 0));
    ModelMeasurement student = measure(ModelRole.DISTILLED, better);

    List<Comparison> comparisons = new RetentionTable(Fixtures.BOOTSTRAP).compare(student, teacher);

    assertThat(comparisons).extracting(Comparison::metric).containsExactly("acc", "acc_norm");
    for (Comparison comparison : comparisons) {
      assertThat(comparison.test()).isEqualTo("mcnemar_exact");
      assertThat(comparison.difference()).isCloseTo(-0.5, within(1e-12));
      assertThat(comparison.lost()).isEqualTo(2);
      assertThat(comparison.pValue()).isCloseTo(0.5, within(1e-9));
      assertThat(comparison.retention().value().get()).isCloseTo(0.5, within(1e-12));
      assertThat(comparison.retention().chanceCorrected().get()).isCloseTo(0, within(1e-12));
    }
  }

  @Test
  void promptsThatDidNotFitAreCounted() {
    assertThat(
            measure(ModelRole.TEACHER, new Chooser(LOG_PROBS, 3))
                .tasks()
                .get(0)
                .result()
                .truncated())
        .isEqualTo(4);
  }

  @Test
  void rowsOfAnotherShapeAreRefused() {
    List<Example> words = List.of(Fixtures.example("w", "why?", "so", ""));
    assertThatThrownBy(() -> EvaluationTask.of(TASK, "test", words))
        .isInstanceOf(DataException.class)
        .hasMessage(
            "evaluation set 'test', row w: expected a question with choices, as the shape"
                + " multiple_choice has it; found turns of [user, assistant]");
    assertThatThrownBy(
            () ->
                EvaluationTask.of(
                    Fixtures.choiceTask("{context} {question}"), "test", ROWS.subList(0, 1)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("row a: it has no 'context', which the prompt of task choice shows");
  }

  /** Shape of lm-evaluation-harness 0.4.13: responses and target are Python's text of them. */
  @Test
  void samplesAreThoseOfTheHarness() throws IOException {
    LmEvalFiles.write(
        folder, measure(ModelRole.TEACHER, new Chooser(LOG_PROBS, 0)), Fixtures.BOOTSTRAP);

    List<String> lines = Files.readAllLines(folder.resolve("samples_choice_test.jsonl"));
    JsonNode sample = new ObjectMapper().readTree(lines.get(0));
    assertThat(sample.path("doc").toString())
        .isEqualTo(
            "{\"id\":\"a\",\"question\":\"short or long?\",\"choices\":[\"s\",\"long\"],"
                + "\"answer\":1,\"group\":\"two\"}");
    assertThat(sample.path("target").textValue()).isEqualTo("1");
    assertThat(sample.path("arguments").toString())
        .isEqualTo(
            "{\"gen_args_0\":{\"arg_0\":\"Q: short or long? {X}\\nA:\",\"arg_1\":\" s\"},"
                + "\"gen_args_1\":{\"arg_0\":\"Q: short or long? {X}\\nA:\",\"arg_1\":\" long\"}}");
    assertThat(sample.path("resps").toString())
        .isEqualTo("[[[\"-2.0\",\"False\"]],[[\"-4.0\",\"False\"]]]");
    assertThat(sample.path("filtered_resps").toString())
        .isEqualTo("[[\"-2.0\",\"False\"],[\"-4.0\",\"False\"]]");
    assertThat(sample.path("acc").doubleValue()).isZero();
    assertThat(sample.path("acc_norm").doubleValue()).isEqualTo(1);
    assertThat(sample.path("chosen").toString()).isEqualTo("{\"acc\":0,\"acc_norm\":1}");
    JsonNode results = new ObjectMapper().readTree(folder.resolve(LmEvalFiles.RESULTS).toFile());
    assertThat(results.at("/configs/choice_test/output_type").asText())
        .isEqualTo("multiple_choice");
    assertThat(results.at("/results/choice_test/acc_norm,none").doubleValue()).isEqualTo(0.5);
  }
}
