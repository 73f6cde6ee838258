package org.pocketdistill.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.pocketdistill.data.DataException;
import org.pocketdistill.eval.metric.Metric;
import org.pocketdistill.eval.result.Comparison;
import org.pocketdistill.eval.result.EvaluationResults;
import org.pocketdistill.eval.result.ModelRole;
import org.pocketdistill.eval.result.Retention;
import org.pocketdistill.eval.statistics.PairedCounts;

class RetentionTableTest {
  private static final RetentionTable TABLE = new RetentionTable(Fixtures.BOOTSTRAP);
  private static final EvaluationTask TASK =
      EvaluationTask.of(Fixtures.callTask(), "test", Fixtures.timers(100));

  private static ModelMeasurement rightOnFirst(ModelRole role, String name, int right) {
    return Fixtures.measure(role, name, Fixtures.rightOnFirst(right), TASK);
  }

  private static Comparison exactMatch(List<Comparison> comparisons) {
    return comparisons.stream().filter(c -> c.metric().equals("exact_match")).findFirst().get();
  }

  @Test
  void retentionIsTheRatioWithItsPairedInterval() {
    Comparison comparison =
        exactMatch(
            TABLE.compare(
                rightOnFirst(ModelRole.DISTILLED, "distilled", 72),
                rightOnFirst(ModelRole.TEACHER, "teacher", 80)));

    Retention retention = comparison.retention();
    assertThat(retention.value().get()).isCloseTo(0.9, within(1e-12));
    assertThat(retention.chanceCorrected().get()).isCloseTo(0.9, within(1e-12));
    // the delta method gives 0.9 ± 1.96 · √(0.9 · 0.1 / 80) = [0.834, 0.966]
    assertThat(retention.interval().get().low()).isCloseTo(0.834, within(0.02));
    assertThat(retention.interval().get().high()).isCloseTo(0.966, within(0.02));
    assertThat(comparison.difference()).isEqualTo(-0.08);
    assertThat(comparison.test()).isEqualTo("mcnemar_exact");
    assertThat(comparison.pValue()).isEqualTo(new PairedCounts(72, 0, 8, 20).mcNemarExact());
    assertThat(comparison.gained()).isZero();
    assertThat(comparison.lost()).isEqualTo(8);
  }

  @Test
  void slotF1IsTestedByBootstrap() {
    Comparison comparison =
        TABLE
            .compare(
                rightOnFirst(ModelRole.DISTILLED, "distilled", 72),
                rightOnFirst(ModelRole.TEACHER, "teacher", 80))
            .stream()
            .filter(c -> c.metric().equals("slot_f1"))
            .findFirst()
            .get();

    assertThat(comparison.test()).isEqualTo("paired_bootstrap");
    assertThat(comparison.pValue()).isLessThan(0.01);
    assertThat(comparison.difference()).isCloseTo(144 / 172.0 - 160 / 180.0, within(1e-12));
    assertThat(comparison.differenceInterval().high()).isNegative();
    assertThat(comparison.lost()).isEqualTo(8);
  }

  @Test
  void aTeacherThatIsNeverRightLeavesRetentionUndefined() {
    Comparison comparison =
        exactMatch(
            TABLE.compare(
                rightOnFirst(ModelRole.DISTILLED, "distilled", 3),
                rightOnFirst(ModelRole.TEACHER, "teacher", 0)));

    assertThat(comparison.retention()).isEqualTo(Retention.undefined("the baseline's value is 0"));
    assertThat(comparison.difference()).isEqualTo(0.03);
  }

  @Test
  void aTeacherThatIsHardlyEverRightLeavesNoInterval() {
    Retention retention =
        exactMatch(
                TABLE.compare(
                    rightOnFirst(ModelRole.DISTILLED, "distilled", 2),
                    rightOnFirst(ModelRole.TEACHER, "teacher", 1)))
            .retention();

    assertThat(retention.value()).contains(2.0);
    assertThat(retention.interval()).isEmpty();
    assertThat(retention.note())
        .isEqualTo("no interval: the baseline's value is 0 in some resamples");
  }

  @Test
  void lowerPerplexityIsBetter() {
    ModelMeasurement teacher =
        Fixtures.measure(
            ModelRole.TEACHER, "teacher", new ScriptedLanguageModel(Map.of(), 10, 9), TASK);
    ModelMeasurement student =
        Fixtures.measure(
            ModelRole.DISTILLED, "distilled", new ScriptedLanguageModel(Map.of(), 20, 9), TASK);

    Comparison comparison =
        TABLE.compare(student, teacher).stream()
            .filter(c -> c.metric().equals("perplexity"))
            .findFirst()
            .get();

    assertThat(comparison.retention().value().get()).isCloseTo(0.5, within(1e-9));
    assertThat(comparison.retention().chanceCorrected()).isEmpty();
    assertThat(comparison.difference()).isCloseTo(10, within(1e-9));
    assertThat(comparison.lost()).isEqualTo(100);
  }

  @Test
  void perplexitiesOverDifferentTokensAreNotCompared() {
    ScriptedLanguageModel otherTokens =
        new ScriptedLanguageModel(Map.of(), 10, 9) {
          @Override
          public String endToken() {
            return "$$";
          }
        };

    assertThat(
            TABLE.compare(
                Fixtures.measure(ModelRole.DISTILLED, "distilled", otherTokens, TASK),
                rightOnFirst(ModelRole.TEACHER, "teacher", 1)))
        .extracting(Comparison::metric)
        .containsExactly("exact_match", "function_accuracy", "slot_f1");
  }

  @Test
  void chanceIsTakenOffWhereATaskGivesOne() {
    TaskConfig config =
        new TaskConfig(
            "choice",
            1,
            "",
            OutputType.GENERATE_UNTIL,
            64,
            Optional.empty(),
            List.of(),
            Optional.empty(),
            " ",
            Optional.empty(),
            List.of(Metric.EXACT_MATCH),
            0.25);
    EvaluationTask task = EvaluationTask.of(config, "test", Fixtures.timers(100));

    Retention retention =
        TABLE
            .compare(
                Fixtures.measure(ModelRole.DISTILLED, "d", Fixtures.rightOnFirst(50), task),
                Fixtures.measure(ModelRole.TEACHER, "t", Fixtures.rightOnFirst(75), task))
            .get(0)
            .retention();

    assertThat(retention.chanceCorrected().get()).isCloseTo(0.5, within(1e-12));
  }

  @Test
  void everyModelMeetsTheTeacherAndEachStepTheOneBefore() {
    EvaluationResults results =
        TABLE.of(
            List.of(
                rightOnFirst(ModelRole.TEACHER, "teacher", 9),
                rightOnFirst(ModelRole.STUDENT_INIT, "init", 1),
                rightOnFirst(ModelRole.CONTROL, "control", 5),
                rightOnFirst(ModelRole.DISTILLED, "distilled", 6),
                rightOnFirst(ModelRole.ADAPTER, "home", 7),
                rightOnFirst(ModelRole.EXPORTED, "onnx-fp32", 7),
                rightOnFirst(ModelRole.EXPORTED, "onnx-int8", 7)));

    assertThat(results.comparisons())
        .filteredOn(c -> c.metric().equals("exact_match"))
        .extracting(c -> c.model() + " / " + c.baseline())
        .containsExactly(
            "init / teacher",
            "control / teacher",
            "distilled / teacher",
            "distilled / control",
            "home / teacher",
            "home / distilled",
            "onnx-fp32 / teacher",
            "onnx-int8 / teacher",
            "onnx-int8 / onnx-fp32");
    assertThat(results.first(ModelRole.CONTROL).get().model().name()).isEqualTo("control");
  }

  @Test
  void differentItemsAreRefused() {
    EvaluationTask other =
        EvaluationTask.of(Fixtures.task(Metric.EXACT_MATCH), "test", Fixtures.timers(99));
    ModelMeasurement student =
        Fixtures.measure(ModelRole.DISTILLED, "distilled", Fixtures.rightOnFirst(1), other);

    assertThatThrownBy(() -> TABLE.compare(student, rightOnFirst(ModelRole.TEACHER, "teacher", 1)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(
            "task function_call_test: distilled was measured on other items than teacher (")
        .hasMessageEndingWith("evaluate both again on the same set");
  }

  @Test
  void twoModelsOfOneNameAreRefused() {
    ModelMeasurement model = rightOnFirst(ModelRole.TEACHER, "teacher", 1);

    assertThatThrownBy(() -> TABLE.of(List.of(model, model)))
        .hasMessage("models of the same name among [teacher, teacher]");
  }

  @Test
  void slotsThatNobodyHasAreNotCompared() {
    EvaluationTask texts =
        EvaluationTask.of(
            Fixtures.task(Metric.SLOT_F1), "test", List.of(Fixtures.example("a", "a", "No.", "")));
    ModelMeasurement model =
        Fixtures.measure(ModelRole.DISTILLED, "distilled", Fixtures.rightOnFirst(0), texts);

    assertThat(model.result().tasks().get(0).metrics()).isEmpty();
    assertThat(TABLE.compare(model, model)).isEmpty();
    assertThat(Optional.of(model).flatMap(m -> m.task("function_call_other"))).isEmpty();
  }
}
