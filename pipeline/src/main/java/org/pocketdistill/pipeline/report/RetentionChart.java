package org.pocketdistill.pipeline.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pocketdistill.eval.result.ModelRole;
import org.pocketdistill.eval.result.Retention;
import org.pocketdistill.eval.statistics.Interval;
import org.pocketdistill.pipeline.report.Page.Chart;
import org.pocketdistill.pipeline.report.Report.Model;
import org.pocketdistill.pipeline.report.Report.Task;
import org.pocketdistill.pipeline.report.Report.Value;

/** Bars of retention with intervals: a group for each model, a colour for each task. */
record RetentionChart(List<Model> models, List<Task> tasks) {
  private static final int BAR_HEIGHT = 26;
  private static final int FRAME_HEIGHT = 130;

  static Chart of(Report report) {
    List<Model> models =
        report.models().stream().filter(m -> m.model().role() != ModelRole.TEACHER).toList();
    return new RetentionChart(models, report.models().get(0).tasks()).chart();
  }

  private Chart chart() {
    ChartOption option = ChartOption.empty().legend();
    option.numberAxis("xAxis", "value", "retention, % of the teacher").put("min", 0);
    ArrayNode names = option.names();
    models.forEach(model -> names.add(model.model().name()));
    for (int i = 0; i < tasks.size(); i++) {
      ObjectNode bars = addBars(option, tasks.get(i));
      if (i == 0) {
        addTeacherLine(bars);
      }
      addIntervals(option, tasks.get(i), i);
    }
    int height = FRAME_HEIGHT + models.size() * (tasks.size() * BAR_HEIGHT + 14);
    return new Chart("retention-chart", summary(), height, option.toJson());
  }

  private ObjectNode addBars(ChartOption option, Task task) {
    ObjectNode bars = option.series("bar", ModelSections.label(task));
    ArrayNode data = bars.put("barGap", "20%").put("barCategoryGap", "30%").putArray("data");
    for (Model model : models) {
      retention(model, task)
          .flatMap(Retention::value)
          .ifPresentOrElse(value -> data.add(100 * value), data::addNull);
    }
    return bars;
  }

  private static void addTeacherLine(ObjectNode bars) {
    ObjectNode line = bars.putObject("markLine").put("symbol", "none").put("silent", true);
    line.putObject("label").put("formatter", "teacher").put("position", "start");
    line.putArray("data").addObject().put("xAxis", 100);
  }

  /** Rows of value, model, low end and high end. */
  private void addIntervals(ChartOption option, Task task, int index) {
    ObjectNode series = option.series("custom", ModelSections.label(task));
    series.putObject("intervals").put("index", index).put("count", tasks.size());
    ArrayNode data = series.put("silent", true).put("z", 10).putArray("data");
    for (int row = 0; row < models.size(); row++) {
      Optional<Retention> retention = retention(models.get(row), task);
      Optional<Double> value = retention.flatMap(Retention::value);
      if (value.isPresent()) {
        Interval interval =
            retention.get().interval().orElse(new Interval(value.get(), value.get()));
        data.addArray()
            .add(100 * value.get())
            .add(row)
            .add(100 * interval.low())
            .add(100 * interval.high());
      }
    }
  }

  private static Optional<Retention> retention(Model model, Task task) {
    return ModelSections.primary(model, task).flatMap(Value::retention);
  }

  private String summary() {
    List<String> parts = new ArrayList<>();
    for (Task task : tasks) {
      for (Model model : models) {
        retention(model, task)
            .flatMap(Retention::value)
            .ifPresent(
                value ->
                    parts.add(
                        Figures.text(
                            "%s %s on %s",
                            model.model().name(), Figures.percent(value), task.set())));
      }
    }
    return "Retention of each model with its 95 % interval: " + String.join(", ", parts) + ".";
  }
}
