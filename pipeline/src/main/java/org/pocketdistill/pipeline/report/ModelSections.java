package org.pocketdistill.pipeline.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.pocketdistill.eval.result.Breakdown;
import org.pocketdistill.eval.result.Comparison;
import org.pocketdistill.eval.result.MetricValue;
import org.pocketdistill.eval.result.ModelInfo;
import org.pocketdistill.pipeline.report.Page.Section;
import org.pocketdistill.pipeline.report.Report.Model;
import org.pocketdistill.pipeline.report.Report.Task;
import org.pocketdistill.pipeline.report.Report.Value;
import org.pocketdistill.pipeline.report.Table.Cell;

/** The parts of the page that are about how good the models are. */
record ModelSections(Report report) {
  private static final String RETENTION_NOTE =
      "Retention = metric of the model / metric of the teacher on the same items (for perplexities and"
          + " bits per byte the other way round). Intervals are 95 %: paired bootstrap for retention, Agresti–Min for"
          + " differences of shares, Wilson for shares, bootstrap for slot F1, perplexities and bits per byte. p:"
          + " exact McNemar for shares, paired bootstrap else.";

  List<Section> sections() {
    if (report.models().isEmpty()) {
      return List.of();
    }
    List<Section> sections = new ArrayList<>();
    sections.add(retention());
    sections.add(models());
    sections.add(tasks());
    sections.add(new ReasoningSection(report).section());
    sections.add(steps());
    sections.add(breakdowns(Breakdown.FUNCTION, "functions", "By function"));
    sections.add(breakdowns(Breakdown.GROUP, "groups", "By language or group"));
    sections.removeIf(section -> section.tables().isEmpty());
    return sections;
  }

  private Section retention() {
    List<Table> tables = new ArrayList<>();
    for (Task task : tasksOfFirstModel()) {
      task.metrics().stream()
          .findFirst()
          .ifPresent(primary -> tables.add(retention(task, primary.metric())));
    }
    return new Section(
            "retention",
            "Retention",
            List.of(RETENTION_NOTE),
            Optional.empty(),
            tables,
            Optional.empty())
        .with(RetentionChart.of(report));
  }

  private Table retention(Task of, String metric) {
    Table.Builder table =
        Table.titled(label(of) + ": " + Figures.title(metric))
            .texts("model")
            .numbers(
                "n",
                "value",
                "95 %",
                "retention",
                "95 %",
                "chance-corrected",
                "difference",
                "95 %",
                "p");
    forEachModel(
        of,
        (model, task) ->
            value(task, metric).ifPresent(value -> table.row(retentionRow(model.model(), value))));
    return table.build();
  }

  private static String[] retentionRow(ModelInfo model, Value value) {
    String metric = value.metric();
    return new String[] {
      model.name(),
      Integer.toString(value.n()),
      Figures.value(metric, value.value()),
      Figures.interval(metric, value.interval()),
      Table.orNone(value.retention().flatMap(r -> r.value()), Figures::percent),
      Table.orNone(value.retention().flatMap(r -> r.interval()), Figures::percentInterval),
      Table.orNone(value.retention().flatMap(r -> r.chanceCorrected()), Figures::percent),
      Table.orNone(value.difference(), d -> Figures.difference(metric, d)),
      Table.orNone(value.differenceInterval(), i -> Figures.interval(metric, i)),
      Table.orNone(value.pValue(), Figures::pValue)
    };
  }

  private Section models() {
    Table.Builder table =
        Table.titled("Models")
            .texts("model", "role")
            .numbers("parameters", "size")
            .texts("precision", "runtime", "path");
    for (Model model : report.models()) {
      ModelInfo info = model.model();
      table.row(
          info.name(),
          info.role().name().toLowerCase(Locale.ROOT).replace('_', ' '),
          Figures.count(info.parameters()),
          Figures.bytes(info.bytes()),
          info.precision(),
          info.runtime(),
          info.path());
    }
    Section section = Section.of("models", "Models and sizes", List.of(), table.build());
    boolean measured =
        tasksOfFirstModel().stream().limit(1).anyMatch(task -> !task.metrics().isEmpty());
    return measured ? section.with(SizeChart.of(report)) : section;
  }

  private Section tasks() {
    List<Table> tables = new ArrayList<>();
    for (Task of : tasksOfFirstModel()) {
      Table.Builder table = Table.titled(label(of)).texts("model").numbers("n");
      of.metrics().forEach(value -> table.numbers(Figures.title(value.metric()), "stderr"));
      table.numbers("unparseable", "cut off");
      forEachModel(of, (model, task) -> table.row(taskRow(model, task, of)));
      tables.add(table.build());
    }
    return Section.of(
        "tasks",
        "Every task, every metric",
        List.of(
            "Unparseable: share of the answers that should be a call and are none. Cut off: answers"
                + " that ran into the token limit; of choices, questions that did not fit the model's"
                + " context and lost their beginning."),
        tables.toArray(Table[]::new));
  }

  private static String[] taskRow(Model model, Task task, Task of) {
    List<String> row = new ArrayList<>();
    row.add(model.model().name());
    row.add(Integer.toString(task.n()));
    for (Value column : of.metrics()) {
      Optional<Value> value = value(task, column.metric());
      row.add(Table.orNone(value, v -> Figures.value(v.metric(), v.value())));
      row.add(Table.orNone(value, v -> Figures.plusMinus(v.metric(), v.stderr())));
    }
    row.add(Figures.percent(task.unparseable()));
    row.add(Integer.toString(task.truncated()));
    return row.toArray(String[]::new);
  }

  private Section steps() {
    Table.Builder table =
        Table.titled("What each step was worth")
            .texts("model", "against", "task", "metric")
            .numbers("n", "difference", "95 %", "p", "gained", "lost");
    for (Comparison c : report.comparisons()) {
      if (!isHeadline(c)) {
        continue;
      }
      table.row(
          c.model(),
          c.baseline(),
          c.task() + " · " + c.set(),
          Figures.title(c.metric()),
          Integer.toString(c.n()),
          Figures.difference(c.metric(), c.difference()),
          Figures.interval(c.metric(), c.differenceInterval()),
          Figures.pValue(c.pValue()),
          Integer.toString(c.gained()),
          Integer.toString(c.lost()));
    }
    String note =
        "Distilled against control: what the teacher was worth. Adapter against distilled: what LoRA"
            + " was worth. An exported file against the first one: what its precision cost. Gained"
            + " and lost: items on which the model does better, or worse. All metrics stand in report.json.";
    return table.isEmpty()
        ? Section.of("steps", "", List.of())
        : Section.of("steps", "What each step was worth", List.of(note), table.build());
  }

  private boolean isHeadline(Comparison c) {
    return tasksOfFirstModel().stream()
        .filter(task -> task.task().equals(c.task()) && task.set().equals(c.set()))
        .flatMap(task -> task.metrics().stream().limit(1))
        .anyMatch(value -> value.metric().equals(c.metric()));
  }

  private Section breakdowns(String by, String id, String title) {
    List<Table> tables = new ArrayList<>();
    for (Task task : tasksOfFirstModel()) {
      if (!task.metrics().isEmpty()) {
        Table table = breakdown(by, task, task.metrics().get(0).metric());
        if (!table.rows().isEmpty()) {
          tables.add(table);
        }
      }
    }
    return Section.of(id, title, List.of(), tables.toArray(Table[]::new));
  }

  private Table breakdown(String by, Task of, String metric) {
    Map<String, List<Cell>> rows = new TreeMap<>();
    for (Breakdown part : of.breakdowns()) {
      if (part.by().equals(by)) {
        rows.put(
            part.key(),
            new ArrayList<>(
                List.of(new Cell(part.key(), false), new Cell(Integer.toString(part.n()), false))));
      }
    }
    Table.Builder table =
        Table.titled(label(of) + ": " + Figures.title(metric)).texts(by).numbers("n");
    forEachModel(
        of,
        (model, task) -> {
          table.numbers(model.model().name());
          Map<String, String> values = values(task, by, metric);
          rows.forEach(
              (key, row) -> row.add(new Cell(values.getOrDefault(key, Figures.NONE), false)));
        });
    rows.values().forEach(table::row);
    return table.build();
  }

  private static Map<String, String> values(Task task, String by, String metric) {
    Map<String, String> values = new LinkedHashMap<>();
    for (Breakdown part : task.breakdowns()) {
      MetricValue value = part.metrics().get(metric);
      if (part.by().equals(by) && value != null) {
        values.put(part.key(), Figures.value(metric, value.value()));
      }
    }
    return values;
  }

  private interface ModelTask {
    void accept(Model model, Task task);
  }

  private void forEachModel(Task of, ModelTask action) {
    for (Model model : report.models()) {
      model.tasks().stream()
          .filter(task -> label(task).equals(label(of)))
          .findFirst()
          .ifPresent(task -> action.accept(model, task));
    }
  }

  private List<Task> tasksOfFirstModel() {
    return report.models().get(0).tasks();
  }

  /** The headline metric of a model in the task that another model did, too. */
  static Optional<Value> primary(Model model, Task of) {
    return model.tasks().stream()
        .filter(task -> label(task).equals(label(of)))
        .flatMap(task -> task.metrics().stream().limit(1))
        .findFirst();
  }

  private static Optional<Value> value(Task task, String metric) {
    return task.metrics().stream().filter(value -> value.metric().equals(metric)).findFirst();
  }

  static String label(Task task) {
    return task.task() + " · " + task.set();
  }
}
