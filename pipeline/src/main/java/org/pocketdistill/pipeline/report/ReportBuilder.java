package org.pocketdistill.pipeline.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.pocketdistill.eval.result.Comparison;
import org.pocketdistill.eval.result.EvaluationResults;
import org.pocketdistill.eval.result.ModelResult;
import org.pocketdistill.eval.result.ModelRole;
import org.pocketdistill.eval.result.TaskResult;
import org.pocketdistill.pipeline.report.Report.ExportCheck;
import org.pocketdistill.pipeline.report.Report.Model;
import org.pocketdistill.pipeline.report.Report.Provenance;
import org.pocketdistill.pipeline.report.Report.Stage;
import org.pocketdistill.pipeline.report.Report.Task;
import org.pocketdistill.pipeline.report.Report.TrainingSummary;
import org.pocketdistill.pipeline.report.Report.Value;

/** Puts the files of a run together as a report. */
final class ReportBuilder {
  private final RunFiles run;
  private final Optional<String> teacher;

  ReportBuilder(RunFiles run) {
    this.run = run;
    this.teacher =
        run.results().flatMap(r -> r.first(ModelRole.TEACHER)).map(m -> m.model().name());
  }

  Report build() {
    JsonNode exports = run.stage("07-export").outputs();
    List<Gate> gates =
        Gates.check(run.config().gates(), run.results(), run.peakRssBytes(), exports);
    return new Report(
        Report.SCHEMA_VERSION,
        run.config().name(),
        run.config().seed(),
        new Headline(run, gates).sentences(),
        run.results().flatMap(Gates::shipped).map(m -> m.model().name()),
        run.results().map(this::models).orElse(List.of()),
        run.results().map(this::otherComparisons).orElse(List.of()),
        run.stages().stream()
            .map(s -> new Stage(s.stage(), s.status(), s.seconds(), s.peakRssBytes()))
            .toList(),
        run.trainings().stream().map(ReportBuilder::summary).toList(),
        exports(exports),
        gates,
        provenance());
  }

  private List<Model> models(EvaluationResults results) {
    List<Model> models = new ArrayList<>();
    for (ModelResult model : results.models()) {
      models.add(
          new Model(
              model.model(),
              model.tasks().stream()
                  .map(task -> task(results, model.model().name(), task))
                  .toList()));
    }
    return models;
  }

  private Task task(EvaluationResults results, String model, TaskResult task) {
    List<Value> values = new ArrayList<>();
    task.metrics()
        .forEach(
            (metric, value) -> {
              Optional<Comparison> comparison =
                  teacher.flatMap(t -> results.comparison(task, metric, model, t));
              values.add(
                  new Value(
                      metric,
                      value.value(),
                      value.n(),
                      value.stderr(),
                      value.interval(),
                      comparison.map(Comparison::retention),
                      comparison.map(Comparison::difference),
                      comparison.map(Comparison::differenceInterval),
                      comparison.map(Comparison::pValue),
                      comparison.map(Comparison::test)));
            });
    return new Task(
        task.task(),
        task.version(),
        task.set(),
        task.n(),
        task.itemsSha256(),
        task.chance(),
        task.unparseable(),
        task.truncated(),
        task.reasoning(),
        values,
        task.breakdowns());
  }

  private List<Comparison> otherComparisons(EvaluationResults results) {
    return results.comparisons().stream()
        .filter(c -> teacher.filter(t -> t.equals(c.baseline())).isEmpty())
        .toList();
  }

  private static TrainingSummary summary(Training training) {
    JsonNode outputs = training.outputs();
    Map<String, Double> shares = new LinkedHashMap<>();
    outputs
        .path("shares")
        .properties()
        .forEach(e -> JsonFiles.number(e.getValue()).ifPresent(v -> shares.put(e.getKey(), v)));
    return new TrainingSummary(
        training.name(),
        training.steps(),
        training.lastTrainLoss(),
        training.lastDevLoss(),
        JsonFiles.number(outputs.path("tokens_per_second")),
        JsonFiles.number(outputs.path("learned_tokens_per_second")),
        shares);
  }

  /** Every object with a {@code file} in the outputs, wherever it stands. */
  private static List<ExportCheck> exports(JsonNode outputs) {
    List<ExportCheck> checks = new ArrayList<>();
    if (outputs.path("file").isTextual()) {
      checks.add(
          new ExportCheck(
              outputs.path("file").textValue(),
              JsonFiles.whole(outputs.path("bytes")),
              JsonFiles.number(outputs.path("max_abs_diff")),
              JsonFiles.number(outputs.path("kl_mean")),
              JsonFiles.number(outputs.path("top1_agreement"))));
    }
    outputs.forEach(child -> checks.addAll(exports(child)));
    return checks;
  }

  private Provenance provenance() {
    Map<String, String> versions = new TreeMap<>();
    Map<String, Map<String, String>> inputs = new TreeMap<>();
    for (StageRecord stage : run.stages()) {
      versions.putAll(stage.versions());
      if (!stage.inputsSha256().isEmpty()) {
        inputs.put(stage.stage(), stage.inputsSha256());
      }
    }
    return new Provenance(
        run.configYaml(),
        versions,
        inputs,
        run.results().map(EvaluationResults::resamples),
        run.results().map(EvaluationResults::seed));
  }
}
