package org.pocketdistill.pipeline.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.pocketdistill.config.ConfigReader;
import org.pocketdistill.data.BadLines;
import org.pocketdistill.data.DataFormat;
import org.pocketdistill.data.Example;
import org.pocketdistill.data.ExampleReader;
import org.pocketdistill.data.JsonlSource;
import org.pocketdistill.data.SourceConfig;
import org.pocketdistill.eval.EvaluationTask;
import org.pocketdistill.eval.Evaluator;
import org.pocketdistill.eval.LmEvalFiles;
import org.pocketdistill.eval.ModelMeasurement;
import org.pocketdistill.eval.TaskConfig;
import org.pocketdistill.eval.result.MetricValue;
import org.pocketdistill.eval.result.ModelInfo;
import org.pocketdistill.eval.result.ModelRole;
import org.pocketdistill.eval.result.TaskResult;
import org.pocketdistill.eval.statistics.Bootstrap;
import org.pocketdistill.pipeline.job.TaskFiles;
import org.pocketdistill.pipeline.lm.LanguageModelFolder;
import org.pocketdistill.pipeline.lm.TokenLanguageModel;

/** {@code distill eval}: tasks on a model folder of any kind. */
final class EvalCommand implements Command {
  private static final String TASKS = "tasks";
  private static final String DATA = "data";
  private static final String FORMAT = "format";
  private static final String FIELD = "field";
  private static final String LIMIT = "limit";
  private static final String BATCH = "batch-size";
  private static final String OUTPUT = "output";
  private static final int RESAMPLES = 2000;

  private final PrintStream out;

  EvalCommand(PrintStream out) {
    this.out = out;
  }

  @Override
  public String name() {
    return "eval";
  }

  @Override
  public String arguments() {
    return "";
  }

  @Override
  public String summary() {
    return "evaluates a model folder: Hugging Face or exported ONNX";
  }

  @Override
  public List<String> description() {
    return List.of(
        "Puts the rows of a file to a model and measures its answers. With --output it writes"
            + " results and samples in the shape of lm-evaluation-harness.",
        "A task is a YAML file, or the name of one in configs/tasks (function_call).");
  }

  @Override
  public List<String> examples() {
    return List.of(
        "distill eval --model runs/quickstart/07-export/int8 --tasks function_call"
            + " --data runs/quickstart/01-data/set-test.jsonl",
        "distill eval --model DIR --tasks function_call --data snips/valid.jsonl.gz"
            + " --format function_call --field name=intent --field arguments=slots --limit 100");
  }

  @Override
  public Options options() {
    return new Options()
        .addOption(ModelOptions.model())
        .addOption(Arguments.value(TASKS, "NAMES", "tasks, separated by commas (required)"))
        .addOption(Arguments.value(DATA, "FILE", "rows, .jsonl or .jsonl.gz (required)"))
        .addOption(
            Arguments.value(
                FORMAT,
                "FORMAT",
                "shape of a row: messages (default), prompt_completion, alpaca, sharegpt,"
                    + " function_call"))
        .addOption(
            Arguments.value(
                FIELD, "FIELD=NAME", "the shape's field and its name in the file; repeatable"))
        .addOption(Arguments.value(LIMIT, "N", "use N rows, taken by a seeded draw"))
        .addOption(Arguments.value(BATCH, "N", "sequences at once; default 64"))
        .addOption(Arguments.value(OUTPUT, "DIR", "folder for results and samples"))
        .addOption(ModelOptions.dtype());
  }

  @Override
  public int run(CommandLine line) throws IOException {
    LanguageModelFolder folder = ModelOptions.folder(this, line);
    List<EvaluationTask> tasks = tasks(line);
    int batchSize = Math.max(1, ModelOptions.whole(this, line, BATCH, 64));
    Path model = ModelOptions.path(this, line).toAbsolutePath().normalize();
    String name = model.getFileName().toString().replaceAll("[^A-Za-z0-9._-]", "_");
    ModelInfo info =
        new ModelInfo(
            folder.isOnnx() ? ModelRole.EXPORTED : ModelRole.DISTILLED,
            name,
            model.toString(),
            folder.config().parameters(),
            folder.bytes(),
            folder.runtime(),
            folder.isOnnx() ? "onnx" : line.getOptionValue("dtype", "fp32"));
    Bootstrap bootstrap = new Bootstrap(RESAMPLES, 0);
    try (TokenLanguageModel opened = folder.open(ModelOptions.dtype(this, line), batchSize)) {
      ModelMeasurement measurement =
          new Evaluator(batchSize, bootstrap).evaluate(info, opened, tasks);
      measurement.result().tasks().forEach(this::print);
      if (line.hasOption(OUTPUT)) {
        Path target = Path.of(line.getOptionValue(OUTPUT));
        Files.createDirectories(target);
        LmEvalFiles.write(target, measurement, bootstrap);
        out.println("written to " + target);
      }
    }
    return Main.DONE;
  }

  private List<EvaluationTask> tasks(CommandLine line) throws IOException {
    Path data = Path.of(ModelOptions.required(this, line, DATA));
    List<Example> rows = rows(line, data);
    String set = data.getFileName().toString().replaceAll("\\..*", "");
    List<EvaluationTask> tasks = new ArrayList<>();
    for (String task : ModelOptions.required(this, line, TASKS).split(",", -1)) {
      Path file = new TaskFiles(Path.of("configs")).find(task.strip());
      tasks.add(EvaluationTask.of(ConfigReader.read(file, TaskConfig.class), set, rows));
    }
    return tasks;
  }

  private List<Example> rows(CommandLine line, Path data) {
    SourceConfig source =
        new SourceConfig(
            data.toString(),
            format(line.getOptionValue(FORMAT, "messages")),
            fields(line),
            "",
            Optional.ofNullable(line.getOptionValue(LIMIT))
                .map(limit -> ModelOptions.whole(this, line, LIMIT, 0)),
            List.of(0.0, 1.0));
    List<Example> rows = new ArrayList<>();
    try (ExampleReader reader = new JsonlSource(source, data, 0, new BadLines(0)).open()) {
      reader.forEachRemaining(rows::add);
    }
    return rows;
  }

  private DataFormat format(String name) {
    for (DataFormat format : DataFormat.values()) {
      if (format.name().toLowerCase(Locale.ROOT).equals(name)) {
        return format;
      }
    }
    throw Arguments.refused(this, "--format '" + name + "', expected one of the help's");
  }

  private Map<String, String> fields(CommandLine line) {
    Map<String, String> fields = new HashMap<>();
    String[] given = line.getOptionValues(FIELD);
    for (String pair : given == null ? new String[0] : given) {
      int equals = pair.indexOf('=');
      if (equals < 1) {
        throw Arguments.refused(this, "--field '" + pair + "', expected FIELD=NAME");
      }
      fields.put(pair.substring(0, equals), pair.substring(equals + 1));
    }
    return fields;
  }

  private void print(TaskResult result) {
    out.println(result.alias() + ", n = " + result.n());
    for (Map.Entry<?, MetricValue> metric : result.metrics().entrySet()) {
      MetricValue value = metric.getValue();
      out.println(
          String.format(
              Locale.ROOT,
              "  %-20s %.4f  (95 %% interval %.4f to %.4f)",
              metric.getKey().toString().toLowerCase(Locale.ROOT),
              value.value(),
              value.interval().low(),
              value.interval().high()));
    }
  }
}
