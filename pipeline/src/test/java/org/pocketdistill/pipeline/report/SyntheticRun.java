package org.pocketdistill.pipeline.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.pocketdistill.data.Example;
import org.pocketdistill.data.Message;
import org.pocketdistill.eval.EvaluationTask;
import org.pocketdistill.eval.Evaluator;
import org.pocketdistill.eval.LmEvalFiles;
import org.pocketdistill.eval.ModelMeasurement;
import org.pocketdistill.eval.OutputType;
import org.pocketdistill.eval.RetentionTable;
import org.pocketdistill.eval.TaskConfig;
import org.pocketdistill.eval.result.AtomicFile;
import org.pocketdistill.eval.result.ModelInfo;
import org.pocketdistill.eval.result.ModelRole;
import org.pocketdistill.eval.result.ResultsFile;
import org.pocketdistill.eval.statistics.Bootstrap;

/** The folder of a run that never happened, measured with the real evaluator. */
final class SyntheticRun {
  private static final Bootstrap BOOTSTRAP = new Bootstrap(400, 17);
  private static final String[] FUNCTIONS = {
    "set_alarm", "set_timer", "send_message", "navigate", "play_music", "get_weather"
  };
  private static final String TRAINED =
      """
      {"parameters": %d, "tokens_per_second": 21345.6, "learned_tokens_per_second": 8123.4,
       "shares": {"teacher": %.3f, "forward": 0.25, "loss": 0.15, "backward": 0.35,
       "optimizer": 0.05}}\
      """;

  private final Path folder;

  SyntheticRun(Path folder) {
    this.folder = folder;
  }

  /** Config, all stages and results. */
  static Path complete(Path folder, String gates) throws IOException {
    SyntheticRun run = new SyntheticRun(folder);
    run.config(gates);
    run.trainingStages();
    run.otherStages();
    run.evaluate();
    return folder;
  }

  void config(String gates) throws IOException {
    write(
        "config.yaml",
        """
        name: phone-assistant
        seed: 17
        data: {max_seq_len: 128, generator: {test_rows: 400, hard_rows: 200}}
        teacher:
          model: {hidden_size: 256, intermediate_size: 688, num_hidden_layers: 6, num_attention_heads: 4}
          train: {learning_rate: 1e-3}
        student:
          model: {hidden_size: 96, intermediate_size: 256, num_hidden_layers: 3, num_attention_heads: 4}
        distill: {train: {learning_rate: 2e-3}}
        evaluate: {tasks: [{task: function_call, set: test}, {task: function_call, set: hard}]}
        gates: %s
        """
            .formatted(gates));
  }

  private void trainingStages() throws IOException {
    stage("02-teacher", 131.2, TRAINED.formatted(5_312_000, 0.0));
    stage("04-distill", 58.4, TRAINED.formatted(612_000, 0.2));
    stage("05-control", 41.9, TRAINED.formatted(612_000, 0.0));
    stage("06-lora", 23.1, "{\"home\": " + TRAINED.formatted(48_000, 0.0) + "}");
    metrics("02-teacher", 900, 0.05);
    metrics("04-distill", 600, 0.11);
    metrics("05-control", 600, 0.17);
    metrics("06-lora/home", 200, 0.08);
  }

  private void otherStages() throws IOException {
    stage(
        "01-data",
        4.2,
        """
        {"rows": {"train": 11873, "dev": 200, "test": 400, "hard": 200}, "duplicates": 112,
         "near_duplicates": 15, "contamination": {"test": 3, "hard": 0}}\
        """);
    stage("03-student", 0.8, "{\"parameters\": 612000}");
    stage(
        "07-export",
        9.7,
        """
        {"files": [{"file": "onnx/model.onnx", "bytes": 2460000, "max_abs_diff": 2.1e-5,
          "kl_mean": 1.3e-9, "top1_agreement": 1.0},
         {"file": "onnx/model_int8.onnx", "bytes": 701000, "max_abs_diff": 0.31,
          "kl_mean": 0.00042, "top1_agreement": 0.997}]}\
        """);
    stage("08-evaluate", 34.0, "{}");
  }

  private void evaluate() throws IOException {
    TaskConfig config =
        new TaskConfig(
            "function_call",
            1,
            "calls",
            OutputType.GENERATE_UNTIL,
            64,
            Optional.empty(),
            List.of(),
            Optional.empty(),
            " ",
            Optional.empty(),
            OutputType.GENERATE_UNTIL.metrics(),
            0);
    List<EvaluationTask> tasks =
        List.of(
            EvaluationTask.of(config, "test", examples(400, "")),
            EvaluationTask.of(config, "hard", examples(200, "hard ")));
    List<ModelMeasurement> models = new ArrayList<>();
    models.add(measure(ModelRole.TEACHER, "teacher", 0.962, 0.03, tasks));
    models.add(measure(ModelRole.STUDENT_INIT, "student-init", 0, 7.6, tasks));
    models.add(measure(ModelRole.CONTROL, "control", 0.885, 0.09, tasks));
    models.add(measure(ModelRole.DISTILLED, "distilled", 0.925, 0.06, tasks));
    models.add(measure(ModelRole.ADAPTER, "home", 0.947, 0.05, tasks));
    models.add(measure(ModelRole.EXPORTED, "onnx-fp32", 0.947, 0.05, tasks));
    models.add(measure(ModelRole.EXPORTED, "onnx-int8", 0.94, 0.055, tasks));
    ResultsFile.write(
        folder.resolve("08-evaluate/results.json"), new RetentionTable(BOOTSTRAP).of(models));
  }

  private ModelMeasurement measure(
      ModelRole role, String name, double accuracy, double nats, List<EvaluationTask> tasks)
      throws IOException {
    long parameters = role == ModelRole.TEACHER ? 5_312_000 : 612_000;
    boolean int8 = name.endsWith("int8");
    ModelInfo info =
        new ModelInfo(
            role,
            name,
            "models/" + name,
            parameters,
            int8 ? 701_000 : parameters * 4,
            role == ModelRole.EXPORTED ? "onnxruntime 1.23.2" : "djl 0.36.0",
            int8 ? "int8" : "fp32");
    ModelMeasurement measured =
        new Evaluator(64, BOOTSTRAP).evaluate(info, new CommandModel(accuracy, nats), tasks);
    LmEvalFiles.write(folder.resolve("08-evaluate").resolve(name), measured, BOOTSTRAP);
    return measured;
  }

  private static List<Example> examples(int n, String prefix) {
    List<Example> examples = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      String call =
          "{\"name\":\"%s\",\"arguments\":{\"value\":%d,\"text\":\"<b>&amp;</b> 你好\"}}"
              .formatted(FUNCTIONS[i % FUNCTIONS.length], i);
      examples.add(
          Example.of(
              prefix + i,
              List.of(
                  Message.user(prefix + "command <i>" + i + "</i> |" + call),
                  Message.assistant(call)),
              i % 2 == 0 ? "en" : "zh"));
    }
    return examples;
  }

  private void stage(String name, double seconds, String outputs) throws IOException {
    long peak = 900_000_000L + Math.round(1e7 * seconds);
    write(
        name + "/stage.json",
        String.format(
            Locale.ROOT,
            """
      {"stage": "%1$s", "status": "done", "inputs_sha256": {"config": "%2$064x"}, "seed": 17,
       "started": "2026-11-24T10:00:00Z", "finished": "2026-11-24T10:01:00Z", "seconds": %3$.1f,
       "peak_rss_bytes": %4$d, "versions": {"java": "17.0.12", "djl": "0.36.0",
       "onnxruntime": "1.23.2"}, "outputs": %5$s}
      """,
            name,
            name.hashCode(),
            seconds,
            peak,
            outputs));
  }

  private void metrics(String stage, int steps, double end) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int step = 1; step <= steps; step++) {
      double ce = end + 7.5 * Math.exp(-12.0 * step / steps) * (1 + 0.05 * Math.sin(step));
      lines.append(
          String.format(
              Locale.ROOT,
              "{\"step\":%d,\"loss\":%.5f,\"ce\":%.5f,\"kd\":%.5f,\"learning_rate\":0.001}%n",
              step,
              0.8 * ce,
              ce,
              0.7 * ce));
      if (step % (steps / 10) == 0) {
        lines.append(
            String.format(Locale.ROOT, "{\"step\":%d,\"dev_loss\":%.5f}%n", step, 1.1 * ce + 0.01));
      }
    }
    write(stage + "/metrics.jsonl", lines.toString());
  }

  void write(String file, String text) throws IOException {
    AtomicFile.write(folder.resolve(file), text);
  }

  /** Writes a complete run and its report, to look at: the folder is the argument. */
  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    Files.createDirectories(folder);
    complete(folder, "{min_retention: 0.97, max_package_mb: 2, max_peak_rss_mb: 1500}");
    System.out.println(ReportWriter.write(folder).html());
  }
}
