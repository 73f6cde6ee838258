package org.pocketdistill.pipeline.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.pocketdistill.eval.result.ReasoningUse;
import org.pocketdistill.pipeline.report.Page.Section;
import org.pocketdistill.pipeline.report.Report.Model;
import org.pocketdistill.pipeline.report.Report.Task;

/** The part of the page about traces before answers; without tables if no model wrote any. */
record ReasoningSection(Report report) {
  private static final String NOTE =
      "A trace is what a model thinks before its answer, between <think> and </think>; answers are"
          + " scored without it. Cut off: the token limit came before its end, so there is no answer"
          + " and the item counts as wrong. Closed by the budget: its closing tag was forced"
          + " (reasoning_budget).";

  Section section() {
    List<Table> tables = new ArrayList<>();
    for (Task task : report.models().get(0).tasks()) {
      Table table = table(ModelSections.label(task));
      if (!table.rows().isEmpty()) {
        tables.add(table);
      }
    }
    return Section.of("reasoning", "Reasoning", List.of(NOTE), tables.toArray(Table[]::new));
  }

  private Table table(String label) {
    Table.Builder table =
        Table.titled(label)
            .texts("model")
            .numbers("n", "traces", "tokens of a trace", "closed by the budget", "cut off");
    for (Model model : report.models()) {
      model.tasks().stream()
          .filter(task -> ModelSections.label(task).equals(label))
          .filter(task -> task.reasoning().traces() > 0)
          .forEach(task -> table.row(row(model, task)));
    }
    return table.build();
  }

  private static String[] row(Model model, Task task) {
    ReasoningUse use = task.reasoning();
    return new String[] {
      model.model().name(),
      Integer.toString(task.n()),
      Integer.toString(use.traces()),
      String.format(Locale.ROOT, "%.1f", use.meanTokens()),
      Integer.toString(use.closedByBudget()),
      Integer.toString(use.truncatedReasoning())
    };
  }
}
