package org.pocketdistill.pipeline.report;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.pocketdistill.eval.result.ModelRole;
import org.pocketdistill.pipeline.report.Page.Chart;
import org.pocketdistill.pipeline.report.Report.Model;
import org.pocketdistill.pipeline.report.Report.Task;
import org.pocketdistill.pipeline.report.Report.Value;

/**
 * The first task's headline metric over size on disk. The untrained student is left out: it would
 * press all others together.
 *
 * @param percent whether the metric is a share
 */
record SizeChart(Task task, String metric, boolean percent) {
  private static final int HEIGHT = 400;

  /** The chart of a report whose first task has a metric. */
  static Chart of(Report report) {
    Task task = report.models().get(0).tasks().get(0);
    String metric = task.metrics().get(0).metric();
    return new SizeChart(task, metric, Figures.isShare(metric)).chart(report.models());
  }

  private Chart chart(List<Model> models) {
    ChartOption option = ChartOption.empty();
    option.numberAxis("xAxis", "log", "size, MB (10⁶ bytes)");
    option
        .numberAxis("yAxis", "value", Figures.title(metric) + (percent ? ", %" : ""))
        .put("scale", true);
    List<String> parts = new ArrayList<>();
    for (Model model : shown(models)) {
      // side by side, because models of one size would hide each other's names
      add(option, model, parts.size() % 2 == 0 ? "right" : "left");
      parts.add(
          Figures.text(
              "%s %s %s",
              model.model().name(),
              Figures.bytes(model.model().bytes()),
              Figures.value(metric, value(model).value())));
    }
    String summary =
        Figures.text(
            "%s on %s against size on disk: %s.",
            Figures.title(metric), task.set(), String.join(", ", parts));
    return new Chart("size-chart", summary, HEIGHT, option.toJson());
  }

  private List<Model> shown(List<Model> models) {
    return models.stream()
        .filter(m -> m.model().role() != ModelRole.STUDENT_INIT)
        .filter(m -> m.model().bytes() > 0 && ModelSections.primary(m, task).isPresent())
        .sorted(
            Comparator.comparingLong((Model m) -> m.model().bytes())
                .thenComparing(m -> value(m).value()))
        .toList();
  }

  private Value value(Model model) {
    return ModelSections.primary(model, task).orElseThrow();
  }

  private void add(ChartOption option, Model model, String labelPosition) {
    Value value = value(model);
    double unit = percent ? 100 : 1;
    double megabytes = model.model().bytes() / 1e6;
    String color = model.model().role().name().toLowerCase(Locale.ROOT);
    ObjectNode point = option.series("scatter", model.model().name()).put("colorOf", color);
    point.put("symbolSize", 12);
    point.putArray("data").addArray().add(megabytes).add(unit * value.value());
    point
        .putObject("label")
        .put("show", true)
        .put("formatter", "{a}")
        .put("position", labelPosition);
    ObjectNode interval = option.series("custom", model.model().name()).put("colorOf", color);
    interval.put("silent", true).putObject("intervals").put("vertical", true);
    interval
        .putArray("data")
        .addArray()
        .add(megabytes)
        .add(unit * value.value())
        .add(unit * value.interval().low())
        .add(unit * value.interval().high());
  }
}
