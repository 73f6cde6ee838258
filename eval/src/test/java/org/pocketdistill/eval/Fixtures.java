package org.pocketdistill.eval;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pocketdistill.data.Example;
import org.pocketdistill.data.Message;
import org.pocketdistill.eval.metric.Metric;
import org.pocketdistill.eval.result.ModelInfo;
import org.pocketdistill.eval.result.ModelRole;
import org.pocketdistill.eval.statistics.Bootstrap;

/** Small tasks, items and models. */
final class Fixtures {
  static final Bootstrap BOOTSTRAP = new Bootstrap(2000, 17);

  private Fixtures() {}

  static TaskConfig task(Metric... metrics) {
    return new TaskConfig(
        "function_call",
        1,
        "calls",
        OutputType.GENERATE_UNTIL,
        64,
        Optional.empty(),
        List.of("\n"),
        Optional.empty(),
        " ",
        Optional.empty(),
        List.of(metrics),
        0);
  }

  /** Every metric of an answer in words. */
  static TaskConfig callTask() {
    return task(OutputType.GENERATE_UNTIL.metrics().toArray(Metric[]::new));
  }

  /** Questions with choices, of which guessing finds a half. */
  static TaskConfig choiceTask(String prompt) {
    return new TaskConfig(
        "choice",
        1,
        "choices",
        OutputType.MULTIPLE_CHOICE,
        64,
        Optional.empty(),
        List.of(),
        Optional.of(prompt),
        " ",
        Optional.empty(),
        List.of(Metric.ACC, Metric.ACC_NORM),
        0.5);
  }

  /** Whole texts. */
  static TaskConfig textTask(int window) {
    return new TaskConfig(
        "text",
        1,
        "texts",
        OutputType.LOGLIKELIHOOD_ROLLING,
        64,
        Optional.empty(),
        List.of(),
        Optional.empty(),
        " ",
        Optional.of(window),
        OutputType.LOGLIKELIHOOD_ROLLING.metrics(),
        0);
  }

  static Example example(String id, String question, String answer, String group) {
    return Example.of(id, List.of(Message.user(question), Message.assistant(answer)), group);
  }

  /** Timers of 1, 2, … minutes, each question one letter longer than the one before it. */
  static List<Example> timers(int n) {
    List<Example> examples = new ArrayList<>();
    for (int i = 1; i <= n; i++) {
      examples.add(example("t" + i, question(i), timer(i), i % 2 == 0 ? "en" : "zh"));
    }
    return examples;
  }

  static String question(int i) {
    return "q".repeat(i);
  }

  static String timer(int minutes) {
    return "{\"name\":\"set_timer\",\"arguments\":{\"minutes\":" + minutes + "}}";
  }

  /** A model that is right on the first timers and silent on the others. */
  static ScriptedLanguageModel rightOnFirst(int n) {
    Map<String, String> answers = new HashMap<>();
    for (int i = 1; i <= n; i++) {
      answers.put(question(i), timer(i));
    }
    return new ScriptedLanguageModel(answers, 10, 64);
  }

  static ModelInfo model(ModelRole role, String name) {
    return new ModelInfo(role, name, "models/" + name, 1000, 4000, "test 1.0", "fp32");
  }

  static ModelMeasurement measure(
      ModelRole role, String name, LanguageModel model, EvaluationTask task) {
    return new Evaluator(4, BOOTSTRAP).evaluate(model(role, name), model, List.of(task));
  }
}
