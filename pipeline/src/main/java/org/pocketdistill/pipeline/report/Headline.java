package org.pocketdistill.pipeline.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.pocketdistill.eval.result.Comparison;
import org.pocketdistill.eval.result.EvaluationResults;
import org.pocketdistill.eval.result.ModelInfo;
import org.pocketdistill.eval.result.ModelResult;
import org.pocketdistill.eval.result.ModelRole;
import org.pocketdistill.eval.result.Retention;
import org.pocketdistill.eval.result.TaskResult;

/** What a run came to, in a few sentences: the result first, whatever it is. */
record Headline(RunFiles run, List<Gate> gates) {
  /** Below this p a difference is called one. */
  private static final double SIGNIFICANT = 0.05;

  List<String> sentences() {
    List<String> sentences = new ArrayList<>();
    if (run.results().isEmpty()) {
      sentences.add("Nothing was evaluated yet: this report shows what has run so far.");
    } else {
      sentences.addAll(results(run.results().get()));
    }
    gateSentence().ifPresent(sentences::add);
    cost().ifPresent(sentences::add);
    return sentences;
  }

  private List<String> results(EvaluationResults results) {
    List<String> sentences = new ArrayList<>();
    Optional<ModelResult> model = Gates.shipped(results);
    if (model.isEmpty()) {
      sentences.add("No exported file was measured.");
      model = results.first(ModelRole.DISTILLED);
    }
    if (model.isPresent()) {
      List<TaskResult> tasks = model.get().tasks();
      for (int i = 0; i < tasks.size(); i++) {
        sentences.add(reached(results, model.get(), tasks.get(i), i == 0));
      }
    }
    sentences.addAll(worthOfDistillation(results));
    sentences.addAll(costOfPrecision(results));
    truncatedReasoning(results).ifPresent(sentences::add);
    return sentences;
  }

  private static String reached(
      EvaluationResults results, ModelResult model, TaskResult task, boolean first) {
    Optional<String> metric = primary(task);
    if (metric.isEmpty()) {
      return Figures.text("On %s nothing could be counted.", task.set());
    }
    String value = Figures.value(metric.get(), task.metrics().get(metric.get()).value());
    String title = Figures.title(metric.get());
    Optional<ModelResult> teacher = results.first(ModelRole.TEACHER);
    Optional<Comparison> comparison =
        teacher.flatMap(
            t -> results.comparison(task, metric.get(), model.model().name(), t.model().name()));
    if (comparison.isEmpty()) {
      return Figures.text(
          "%s reaches %s %s on %s (n = %d); there is no teacher's value to compare it with.",
          subject(model.model()), title, value, task.set(), task.n());
    }
    String start = first ? subject(model.model()) : "It";
    return Figures.text(
        "%s %s on %s (n = %d): %s against %s.",
        start,
        kept(comparison.get().retention(), title),
        task.set(),
        task.n(),
        value,
        teacherValue(teacher.get(), task, metric.get()));
  }

  private static String kept(Retention retention, String title) {
    if (retention.value().isEmpty()) {
      return Figures.text(
          "has no defined retention of the teacher's %s (%s)", title, retention.note());
    }
    String interval = retention.interval().map(i -> " " + Figures.percentInterval(i)).orElse("");
    return Figures.text(
        "keeps %s%s of the teacher's %s",
        Figures.percent(retention.value().get()), interval, title);
  }

  private static String teacherValue(ModelResult teacher, TaskResult task, String metric) {
    return teacher
        .task(task.task(), task.set())
        .map(t -> t.metrics().get(metric))
        .map(v -> Figures.value(metric, v.value()))
        .orElse(Figures.NONE);
  }

  private static String subject(ModelInfo model) {
    return switch (model.role()) {
      case EXPORTED ->
          Figures.text("The %s %s model", Figures.bytes(model.bytes()), model.precision());
      case TEACHER, TEACHER_BASE, STUDENT_INIT, CONTROL, DISTILLED, ADAPTER ->
          Figures.text("The model '%s'", model.name());
    };
  }

  private static Optional<String> primary(TaskResult task) {
    return task.metrics().keySet().stream().findFirst();
  }

  private static List<String> worthOfDistillation(EvaluationResults results) {
    Optional<ModelResult> distilled = results.first(ModelRole.DISTILLED);
    Optional<ModelResult> control = results.first(ModelRole.CONTROL);
    if (distilled.isEmpty()) {
      return List.of();
    }
    if (control.isEmpty()) {
      return List.of(
          "No control student was measured, so what distillation itself was worth is not known.");
    }
    List<Comparison> comparisons = compared(results, distilled.get(), control.get());
    if (comparisons.isEmpty()) {
      return List.of();
    }
    return List.of(
        Figures.text(
            "Distillation %s, against a control trained without the teacher: %s.",
            verdict(comparisons.get(0)), figures(comparisons)));
  }

  private static String verdict(Comparison c) {
    if (c.pValue() >= SIGNIFICANT) {
      return Figures.text("made no difference that %d items of %s can show", c.n(), c.set());
    }
    boolean better = c.difference() > 0 == Figures.higherIsBetter(c.metric());
    return (better ? "helped on " : "did harm on ") + c.set();
  }

  private static String figures(List<Comparison> comparisons) {
    return comparisons.stream()
        .map(
            c ->
                Figures.text(
                    "%s %s %s on %s (%s)",
                    Figures.title(c.metric()),
                    Figures.difference(c.metric(), c.difference()),
                    Figures.interval(c.metric(), c.differenceInterval()),
                    c.set(),
                    Figures.pSentence(c.pValue())))
        .collect(Collectors.joining("; "));
  }

  private static List<String> costOfPrecision(EvaluationResults results) {
    Optional<ModelResult> first = results.first(ModelRole.EXPORTED);
    Optional<ModelResult> shipped = Gates.shipped(results);
    if (first.isEmpty() || first.equals(shipped)) {
      return List.of();
    }
    List<Comparison> comparisons = compared(results, shipped.get(), first.get());
    if (comparisons.isEmpty()) {
      return List.of();
    }
    return List.of(
        Figures.text(
            "What %s cost, against the %s file: %s.",
            shipped.get().model().precision(),
            first.get().model().precision(),
            figures(comparisons)));
  }

  private static Optional<String> truncatedReasoning(EvaluationResults results) {
    List<String> counts = new ArrayList<>();
    for (ModelResult model : results.models()) {
      for (TaskResult task : model.tasks()) {
        int cut = task.reasoning().truncatedReasoning();
        if (cut > 0) {
          counts.add(
              Figures.text(
                  "%d of %d of %s on %s", cut, task.n(), model.model().name(), task.set()));
        }
      }
    }
    return counts.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "Answers that count as wrong because the token limit came within the trace: "
                + String.join("; ", counts)
                + ".");
  }

  /** The headline metric of each task. */
  private static List<Comparison> compared(
      EvaluationResults results, ModelResult model, ModelResult baseline) {
    List<Comparison> comparisons = new ArrayList<>();
    for (TaskResult task : model.tasks()) {
      primary(task)
          .flatMap(
              metric ->
                  results.comparison(task, metric, model.model().name(), baseline.model().name()))
          .ifPresent(comparisons::add);
    }
    return comparisons;
  }

  private Optional<String> gateSentence() {
    List<Gate> missed = gates.stream().filter(gate -> !gate.passed()).toList();
    if (gates.isEmpty()) {
      return Optional.empty();
    }
    if (missed.isEmpty()) {
      return Optional.of(
          gates.size() == 1
              ? "The gate was passed."
              : "All " + gates.size() + " gates were passed.");
    }
    return Optional.of(
        (missed.size() == 1 ? "Gate missed: " : "Gates missed: ")
            + String.join(", ", missed.stream().map(Headline::shortfall).toList())
            + ".");
  }

  private static String shortfall(Gate gate) {
    return Figures.text(
        "%s is %s, the limit %s",
        gate.gate(),
        gate.value().map(Figures::significant).orElse("not known"),
        Figures.significant(gate.limit()));
  }

  private Optional<String> cost() {
    if (run.seconds() == 0) {
      return Optional.empty();
    }
    String memory =
        run.peakRssBytes().isPresent()
            ? " and " + Figures.bytes(run.peakRssBytes().getAsLong()) + " of memory at most"
            : "";
    return Optional.of("The stages took " + Figures.seconds(run.seconds()) + memory + ".");
  }
}
