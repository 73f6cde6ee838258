package org.pocketdistill.pipeline.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.pocketdistill.eval.result.Comparison;
import org.pocketdistill.eval.result.EvaluationResults;
import org.pocketdistill.eval.result.MetricValue;
import org.pocketdistill.eval.result.ModelInfo;
import org.pocketdistill.eval.result.ModelResult;
import org.pocketdistill.eval.result.ModelRole;
import org.pocketdistill.eval.result.ReasoningUse;
import org.pocketdistill.eval.result.Retention;
import org.pocketdistill.eval.result.TaskResult;
import org.pocketdistill.eval.statistics.Interval;
import org.pocketdistill.pipeline.config.GatesConfig;

/** What the first sentences say where the result is not what one hoped for. */
class HeadlineTest {
  private static final Interval INTERVAL = new Interval(0, 0.2);

  private final List<ModelResult> models = new ArrayList<>();
  private final List<Comparison> comparisons = new ArrayList<>();

  private void model(ModelRole role, String name, double value) {
    model(role, name, value, ReasoningUse.NONE);
  }

  private void model(ModelRole role, String name, double value, ReasoningUse reasoning) {
    Map<String, MetricValue> metrics =
        Map.of("exact_match", new MetricValue(value, 50, 0.01, new Interval(0, 1)));
    TaskResult task =
        new TaskResult(
            "calls", 1, "test", 50, "0".repeat(64), 0, metrics, 0, 0, reasoning, List.of());
    models.add(
        new ModelResult(
            new ModelInfo(role, name, "p", 10, 1_200_000, "onnxruntime", "int8"), List.of(task)));
  }

  private void comparison(
      String model, String baseline, double difference, double p, Retention retention) {
    comparisons.add(
        new Comparison(
            "calls",
            "test",
            "exact_match",
            model,
            baseline,
            50,
            difference,
            INTERVAL,
            "mcnemar_exact",
            p,
            1,
            2,
            retention));
  }

  private static Retention kept(double share) {
    return new Retention(Optional.of(share), Optional.empty(), Optional.empty(), "no interval");
  }

  private Optional<EvaluationResults> results() {
    return Optional.of(new EvaluationResults(1, 2000, 17, models, comparisons));
  }

  private String sentences() {
    RunFiles run = new RunFiles(null, "", List.of(), results(), List.of(), List.of());
    return String.join("\n", new Headline(run, List.of()).sentences()).replace('\u00a0', ' ');
  }

  @Test
  void harmIsCalledHarm() {
    model(ModelRole.CONTROL, "control", 0.5);
    model(ModelRole.DISTILLED, "distilled", 0.4);
    comparison("distilled", "control", -0.1, 0.01, kept(0.8));

    assertThat(sentences())
        .contains(
            "Distillation did harm on test, against a control trained without the teacher:"
                + " exact match −10.0 points [0.0, 20.0] on test (p = 0.010).");
  }

  @Test
  void whatIsNotSignificantIsNotClaimed() {
    model(ModelRole.CONTROL, "control", 0.5);
    model(ModelRole.DISTILLED, "distilled", 0.6);
    comparison("distilled", "control", 0.1, 0.06, kept(1.2));

    assertThat(sentences()).contains("made no difference that 50 items of test can show");
  }

  @Test
  void withoutControlNothingIsSaidOfDistillation() {
    model(ModelRole.DISTILLED, "distilled", 0.6);

    assertThat(sentences())
        .startsWith(
            "No exported file was measured.\nThe model 'distilled' reaches exact match 60.0 %")
        .contains("no teacher's value")
        .contains("No control student was measured");
  }

  @Test
  void aTeacherThatIsNeverRightLeavesNoRetention() {
    model(ModelRole.TEACHER, "teacher", 0);
    model(ModelRole.EXPORTED, "int8", 0.1);
    comparison("int8", "teacher", 0.1, 0.06, Retention.undefined("the baseline's value is 0"));

    assertThat(sentences())
        .contains(
            "The 1.2 MB int8 model has no defined retention of the teacher's exact match (the"
                + " baseline's value is 0) on test (n = 50): 10.0 % against 0.0 %.");
    assertThat(
            Gates.check(
                new GatesConfig(
                    Optional.of(0.5), Optional.empty(), Optional.empty(), Optional.of(60.0)),
                results(),
                OptionalLong.empty(),
                MissingNode.getInstance()))
        .containsExactly(
            new Gate("min_retention", 0.5, Optional.empty(), false),
            new Gate("max_phone_memory_mb", 60, Optional.empty(), false));
  }

  @Test
  void tracesThatWereCutOffAreCounted() {
    model(ModelRole.TEACHER, "teacher", 0.5, new ReasoningUse(50, 40.5, 0, 12));
    model(ModelRole.CONTROL, "control", 0.5, new ReasoningUse(50, 20, 0, 0));
    model(ModelRole.EXPORTED, "int8", 0.4, new ReasoningUse(50, 30, 9, 3));

    assertThat(sentences())
        .contains(
            "Answers that count as wrong because the token limit came within the trace: 12 of 50 of"
                + " teacher on test; 3 of 50 of int8 on test.");
  }

  @Test
  void gatesAreInclusive() {
    model(ModelRole.TEACHER, "teacher", 0.5);
    model(ModelRole.EXPORTED, "int8", 0.4);
    comparison("int8", "teacher", -0.1, 0.06, kept(0.8));
    GatesConfig config =
        new GatesConfig(Optional.of(0.8), Optional.of(1.2), Optional.of(3000.0), Optional.of(61.5));
    ObjectNode exports = JsonNodeFactory.instance.objectNode();
    exports.putObject("int8").put("phone_memory_bytes", 61_500_000);

    assertThat(Gates.check(config, results(), OptionalLong.of(3_000_000_001L), exports))
        .containsExactly(
            new Gate("min_retention", 0.8, Optional.of(0.8), true),
            new Gate("max_package_mb", 1.2, Optional.of(1.2), true),
            new Gate("max_peak_rss_mb", 3000, Optional.of(3000.000001), false),
            new Gate("max_phone_memory_mb", 61.5, Optional.of(61.5), true));
  }
}
