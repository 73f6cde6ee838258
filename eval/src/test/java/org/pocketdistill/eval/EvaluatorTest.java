package org.pocketdistill.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.pocketdistill.eval.Fixtures.example;
import static org.pocketdistill.eval.Fixtures.question;
import static org.pocketdistill.eval.Fixtures.timer;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.pocketdistill.data.DataException;
import org.pocketdistill.data.Example;
import org.pocketdistill.data.Message;
import org.pocketdistill.eval.result.Breakdown;
import org.pocketdistill.eval.result.MetricValue;
import org.pocketdistill.eval.result.ModelRole;
import org.pocketdistill.eval.result.TaskResult;
import org.pocketdistill.eval.statistics.Proportions;

class EvaluatorTest {
  private static final TaskConfig ALL_METRICS = Fixtures.callTask();

  private static TaskMeasurement measure(LanguageModel model, List<Example> examples) {
    EvaluationTask task = EvaluationTask.of(ALL_METRICS, "test", examples);
    return Fixtures.measure(ModelRole.TEACHER, "teacher", model, task).tasks().get(0);
  }

  @Test
  void batchesGoFromLongToShortAndAnswersComeBackInOrder() {
    ScriptedLanguageModel model = Fixtures.rightOnFirst(10);

    TaskMeasurement measured = measure(model, Fixtures.timers(10));

    assertThat(model.batches.stream().map(List::size)).containsExactly(4, 4, 2);
    assertThat(model.batches.get(0).get(0)).contains(question(10));
    assertThat(measured.samples()).extracting(s -> s.item().docId()).isSorted();
    assertThat(measured.samples()).allMatch(s -> s.written().orElseThrow().call().exact());
    assertThat(measured.samples().get(2).written().orElseThrow().generation().text())
        .isEqualTo(timer(3));
  }

  @Test
  void sharesComeWithTheirStandardErrorAndWilsonInterval() {
    TaskResult result = measure(Fixtures.rightOnFirst(6), Fixtures.timers(8)).result();

    MetricValue exact = result.metrics().get("exact_match");
    assertThat(exact.value()).isEqualTo(0.75);
    assertThat(exact.n()).isEqualTo(8);
    assertThat(exact.stderr()).isCloseTo(Math.sqrt(0.75 * 0.25 / 7), within(1e-12));
    assertThat(exact.interval()).isEqualTo(Proportions.wilson(6, 8));
    assertThat(result.metrics().keySet())
        .containsExactly("exact_match", "function_accuracy", "slot_f1", "perplexity");
    assertThat(result.unparseable()).isEqualTo(0.25);
  }

  @Test
  void slotF1IsMicroAveraged() {
    List<Example> examples =
        List.of(example("a", "a", timer(1), ""), example("b", "b", timer(2), ""));
    var model = new ScriptedLanguageModel(Map.of("a", timer(1)), 10, 64);

    MetricValue f1 = measure(model, examples).result().metrics().get("slot_f1");

    assertThat(f1.value()).as("2·1 / (1 predicted + 2 expected)").isEqualTo(2 / 3.0);
    assertThat(f1.stderr()).isPositive();
    assertThat(f1.interval().low()).isEqualTo(0);
    assertThat(f1.interval().high()).isEqualTo(1);
  }

  /** A uniform distribution over v tokens has perplexity v, whatever is scored. */
  @Test
  void perplexityOfAUniformModelIsItsVocabularyAndTheEndTokenIsScored() {
    ScriptedLanguageModel model = Fixtures.rightOnFirst(3);

    MetricValue perplexity =
        measure(model, Fixtures.timers(3)).result().metrics().get("perplexity");

    assertThat(perplexity.value()).isCloseTo(10, within(1e-9));
    assertThat(perplexity.stderr()).isCloseTo(0, within(1e-9));
    assertThat(model.scored)
        .allMatch(r -> r.continuation().endsWith("}}$") && r.context().endsWith("<assistant>"));
  }

  @Test
  void resultsAreBrokenDownByFunctionAndGroup() {
    List<Example> examples =
        List.of(
            example("a", "a", timer(1), "en"),
            example("b", "b", timer(2), "zh"),
            example("c", "c", "No.", "zh"));
    var model = new ScriptedLanguageModel(Map.of("a", timer(1), "c", "No."), 10, 64);

    List<Breakdown> breakdowns = measure(model, examples).result().breakdowns();

    assertThat(breakdowns)
        .extracting(b -> b.by() + " " + b.key() + " " + b.n() + " " + exact(b))
        .containsExactly(
            "function (no call) 1 1.0",
            "function set_timer 2 0.5",
            "group en 1 1.0",
            "group zh 2 0.5");
    assertThat(breakdowns.get(0).metrics()).as("no slots to count").doesNotContainKey("slot_f1");
  }

  private static double exact(Breakdown breakdown) {
    return breakdown.metrics().get("exact_match").value();
  }

  @Test
  void answersCutOffAtTheLimitAreCounted() {
    var model = new ScriptedLanguageModel(Map.of("q", timer(1), "qq", "no"), 10, 20);

    TaskResult result = measure(model, Fixtures.timers(2)).result();

    assertThat(result.truncated()).isEqualTo(1);
    assertThat(result.unparseable()).isEqualTo(1);
  }

  @Test
  void twoRunsAreEqual() {
    TaskResult first = measure(Fixtures.rightOnFirst(5), Fixtures.timers(9)).result();

    assertThat(measure(Fixtures.rightOnFirst(5), Fixtures.timers(9)).result()).isEqualTo(first);
  }

  @Test
  void anItemWithoutReferenceIsNamed() {
    Example open = Example.of("row-7", List.of(Message.user("hi"), Message.user("you?")), "");
    assertThatThrownBy(() -> EvaluationTask.of(ALL_METRICS, "hard", List.of(open)))
        .isInstanceOf(DataException.class)
        .hasMessage(
            "evaluation set 'hard', row row-7: expected a question and then, as last turn, the"
                + " assistant's reference answer; found turns of [user, user]");

    Example text = Example.ofText("row-8", "once upon a time");
    assertThatThrownBy(() -> EvaluationTask.of(ALL_METRICS, "hard", List.of(text)))
        .isInstanceOf(DataException.class)
        .hasMessageEndingWith("found plain text");
  }

  @Test
  void anEmptySetIsAnError() {
    assertThatThrownBy(() -> EvaluationTask.of(ALL_METRICS, "hard", List.of()))
        .isInstanceOf(DataException.class)
        .hasMessage("task function_call: evaluation set 'hard' has no items");
  }

  @Test
  void aModelThatGivesNoNumbersIsNamed() {
    var broken = new ScriptedLanguageModel(Map.of(), 0, 64);

    assertThatThrownBy(() -> measure(broken, Fixtures.timers(1)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "teacher, function_call on test, perplexity: log-probability Infinity of item t1:"
                + " expected a finite number");
  }

  @Test
  void theSameTaskTwiceIsRefused() {
    EvaluationTask task = EvaluationTask.of(ALL_METRICS, "test", Fixtures.timers(1));
    Evaluator evaluator = new Evaluator(1, Fixtures.BOOTSTRAP);

    assertThatThrownBy(
            () ->
                evaluator.evaluate(
                    Fixtures.model(ModelRole.TEACHER, "teacher"),
                    Fixtures.rightOnFirst(1),
                    List.of(task, task)))
        .hasMessage("task function_call_test twice");
  }

  @Test
  void progressTellsRateAndTimeLeft() {
    Progress progress = new Progress("teacher", 100);
    progress.add(20);

    assertThat(progress.line(Duration.ofSeconds(40)))
        .isEqualTo("teacher: 20/100 items, 0.5 items/s, ETA 2:40");
    progress.add(80);
    assertThat(progress.line(Duration.ofSeconds(50)))
        .isEqualTo("teacher: 100/100 items, 2.0 items/s, 50.0 s");
  }
}
