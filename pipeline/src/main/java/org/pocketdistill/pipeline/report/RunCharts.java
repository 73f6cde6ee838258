package org.pocketdistill.pipeline.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.pocketdistill.pipeline.report.Page.Chart;
import org.pocketdistill.pipeline.report.Report.Stage;
import org.pocketdistill.pipeline.report.Training.Point;

/** Plots of how the run went. */
final class RunCharts {
  private static final String ADAPTER = "adapter";

  /** Colours of adapters in the style sheet. */
  private static final int ADAPTER_COLORS = 3;

  private RunCharts() {}

  /** Training loss as lines, dev loss dashed with points, on a logarithmic scale. */
  static Chart losses(List<Training> trainings) {
    ChartOption option = ChartOption.empty().legend();
    option.numberAxis("xAxis", "value", "step");
    option.numberAxis("yAxis", "log", "cross entropy, nats per token").put("logBase", 2);
    List<String> parts = new ArrayList<>();
    int adapters = 0;
    for (Training training : trainings) {
      String color = training.name();
      if (color.startsWith(ADAPTER)) {
        color = ADAPTER + (adapters % ADAPTER_COLORS);
        adapters++;
      }
      addLine(option, training.name(), color, training.train());
      if (!training.dev().isEmpty()) {
        ObjectNode dev = addLine(option, training.name() + ", dev", color, training.dev());
        dev.put("showSymbol", true).putObject("lineStyle").put("type", "dashed").put("width", 1);
      }
      parts.add(
          training.name()
              + " ends at "
              + Table.orNone(training.lastTrainLoss(), Figures::significant)
              + " after "
              + training.steps()
              + " steps");
    }
    String summary = "Cross entropy over steps: " + String.join(", ", parts) + ".";
    return new Chart("loss-chart", summary, 400, option.toJson());
  }

  private static ObjectNode addLine(
      ChartOption option, String name, String color, List<Point> points) {
    ObjectNode line = option.series("line", name).put("colorOf", color).put("showSymbol", false);
    ArrayNode data = line.putArray("data");
    for (Point point : points) {
      if (point.loss() > 0) {
        data.addArray().add(point.step()).add(point.loss());
      }
    }
    return line;
  }

  /** Seconds of each stage that has run. */
  static Chart times(List<Stage> stages) {
    List<Stage> timed = stages.stream().filter(s -> s.seconds().isPresent()).toList();
    ChartOption option = ChartOption.empty();
    option.numberAxis("xAxis", "value", "seconds");
    ArrayNode names = option.names();
    ObjectNode bars = option.series("bar", "seconds").put("barMaxWidth", 22);
    bars.putObject("label").put("show", true).put("position", "right");
    ArrayNode data = bars.putArray("data");
    List<String> parts = new ArrayList<>();
    for (Stage stage : timed) {
      double seconds = stage.seconds().get();
      names.add(stage.stage());
      data.add(Math.round(10 * seconds) / 10.0);
      parts.add(stage.stage() + " " + Figures.seconds(seconds));
    }
    String summary = "Time of each stage: " + String.join(", ", parts) + ".";
    return new Chart("time-chart", summary, 80 + timed.size() * 34, option.toJson());
  }
}
