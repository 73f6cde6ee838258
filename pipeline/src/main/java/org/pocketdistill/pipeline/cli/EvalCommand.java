package org.pocketdistill.pipeline.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.pocketdistill.config.ConfigReader;
import org.pocketdistill.data.DataException;
import org.pocketdistill.data.DataFormat;
import org.pocketdistill.data.Example;
import org.pocketdistill.eval.EvaluationTask;
import org.pocketdistill.eval.Evaluator;
import org.pocketdistill.eval.Item;
import org.pocketdistill.eval.LmEvalFiles;
import org.pocketdistill.eval.ModelMeasurement;
import org.pocketdistill.eval.OutputType;
import org.pocketdistill.eval.TaskConfig;
import org.pocketdistill.eval.result.MetricValue;
import org.pocketdistill.eval.result.ModelInfo;
import org.pocketdistill.eval.result.ModelRole;
import org.pocketdistill.eval.result.ReasoningUse;
import org.pocketdistill.eval.result.TaskResult;
import org.pocketdistill.eval.statistics.Bootstrap;
import org.pocketdistill.pipeline.job.TaskFiles;
import org.pocketdistill.pipeline.lm.LanguageModelFolder;
import org.pocketdistill.pipeline.lm.TokenLanguageModel;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/** {@code distill eval}: tasks on a model of any kind. */
final class EvalCommand implements Command {
  private static final String TASKS = "tasks";
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
    return "evaluates a model: Hugging Face folder, GGUF file or exported ONNX";
  }

  @Override
  public List<String> description() {
    return List.of(
        "Puts the question of each row to a model, compares its greedy answer with the row's last"
            + " turn, which must be the assistant's, or ranks the row's choices, and prints each"
            + " metric of each task with its 95 % interval.",
        "A task is a YAML file that says what is measured, or the name of one in configs/tasks:"
            + " function_call counts answers that are the expected JSON call (exact_match, function"
            + " accuracy, F1 of the arguments, perplexity of the expected answer).",
        "arc_easy, boolq and piqa compare the probabilities of the choices of a question (accuracy),"
            + " wikitext2 those of whole texts (perplexity per word and byte), as"
            + " lm-evaluation-harness does, without a chat template.",
        "A trace between <think> and </think> before an answer is not scored. If the token limit"
            + " comes before its end, the answer counts as wrong, and the number of such answers is"
            + " printed; --reasoning-budget closes traces in time.",
        "--output writes results_lm_eval.json and samples_TASK_SET.jsonl (each question, answer and"
            + " score) in the shape of lm-evaluation-harness; SET is the name of the file of rows.");
  }

  @Override
  public List<String> examples() {
    return List.of(
        "distill eval --model runs/quickstart/07-export/int8 --tasks function_call \\\n"
            + "      --data runs/quickstart/01-data/set-test.jsonl --output results",
        "distill eval --model DIR --tasks function_call --data snips/valid.jsonl.gz \\\n"
            + "      --format function_call --field name=intent --field arguments=slots --limit 100",
        "distill eval --model DIR --tasks arc_easy --data arc_easy/test.jsonl.gz --limit 200");
  }

  @Override
  public List<String> required() {
    return List.of(ModelOptions.MODEL, TASKS, DataOptions.DATA);
  }

  @Override
  public Options options() {
    Options options =
        new Options()
            .addOption(ModelOptions.model())
            .addOption(Arguments.value(TASKS, "NAMES", "tasks, separated by commas"));
    DataOptions.addTo(options);
    return options
        .addOption(Arguments.value(BATCH, "N", "sequences at once; default 64"))
        .addOption(ModelOptions.reasoningBudget())
        .addOption(
            Arguments.value(OUTPUT, "DIR", "folder for results and samples, made if missing"))
        .addOption(ModelOptions.dtype());
  }

  @Override
  public int run(CommandLine line) throws IOException {
    OptionValues options = new OptionValues(this, line);
    LanguageModelFolder folder = ModelOptions.folder(options);
    ComputeDtype dtype = ModelOptions.dtype(options, folder);
    int batchSize = options.whole(BATCH, 64, 1);
    List<EvaluationTask> tasks = tasks(options);
    Optional<Path> output = options.findPath(OUTPUT);
    output.ifPresent(OutputFile::makeFolder);
    Bootstrap bootstrap = new Bootstrap(RESAMPLES, 0);
    try (TokenLanguageModel model = folder.open(dtype, batchSize)) {
      for (EvaluationTask task : tasks) {
        requireRoom(model, task);
      }
      ModelMeasurement measurement =
          new Evaluator(batchSize, bootstrap).evaluate(info(options, folder, dtype), model, tasks);
      measurement.result().tasks().forEach(this::print);
      if (output.isPresent()) {
        LmEvalFiles.write(output.get(), measurement, bootstrap);
        out.println("written to " + output.get());
      }
    }
    return Main.DONE;
  }

  /** A row that does not fit is found before the first answer, and named. */
  private static void requireRoom(TokenLanguageModel model, EvaluationTask task) {
    if (task.config().outputType() != OutputType.GENERATE_UNTIL) {
      return;
    }
    int limit = model.decoder().contextLength();
    for (Item item : task.items()) {
      String prompt = model.applyChatTemplate(item.question());
      String context = model.beforeAnswer(prompt, item.referenceTrace());
      String text = context + item.target() + model.endToken();
      int tokens = model.tokenizer().encode(text).length;
      if (tokens > limit) {
        throw new DataException(
            "evaluation set '%s', row %s: %d tokens with its answer, expected at most %d (the model's context)"
                .formatted(task.set(), item.example().id(), tokens, limit));
      }
    }
  }

  private static ModelInfo info(
      OptionValues options, LanguageModelFolder folder, ComputeDtype dtype) throws IOException {
    Path model = folder.path().toAbsolutePath().normalize();
    return new ModelInfo(
        folder.isOnnx() ? ModelRole.EXPORTED : ModelRole.DISTILLED,
        ModelOptions.location(options).modelName(),
        model.toString(),
        folder.config().parameters(),
        folder.bytes(),
        folder.runtime(),
        folder.isOnnx() ? "onnx" : OptionValues.key(dtype));
  }

  private static List<EvaluationTask> tasks(OptionValues options) {
    TaskFiles files = new TaskFiles(Path.of("configs"));
    Set<String> names = new LinkedHashSet<>();
    for (String name : options.text(TASKS).orElseThrow().split(",", -1)) {
      if (!names.add(name.strip())) {
        throw options.refused("--tasks: '" + name.strip() + "' is given twice");
      }
    }
    List<TaskConfig> configs =
        names.stream().map(name -> ConfigReader.read(files.find(name), TaskConfig.class)).toList();
    List<Example> rows = DataOptions.read(options, shape(configs.get(0).outputType()));
    String set = options.path(DataOptions.DATA).getFileName().toString();
    set = set.replaceFirst("\\.gz$", "").replaceFirst("\\.[A-Za-z]+$", "");
    List<EvaluationTask> tasks = new ArrayList<>();
    Optional<Integer> budget = ModelOptions.reasoningBudget(options);
    for (TaskConfig config : configs) {
      tasks.add(EvaluationTask.of(config.withReasoningBudget(budget), set, rows));
    }
    return tasks;
  }

  private static DataFormat shape(OutputType type) {
    return switch (type) {
      case GENERATE_UNTIL -> DataFormat.MESSAGES;
      case MULTIPLE_CHOICE -> DataFormat.MULTIPLE_CHOICE;
      case LOGLIKELIHOOD_ROLLING -> DataFormat.TEXT;
    };
  }

  private void print(TaskResult result) {
    out.println(result.alias() + ", n = " + result.n());
    for (Map.Entry<String, MetricValue> metric : result.metrics().entrySet()) {
      MetricValue value = metric.getValue();
      out.println(
          String.format(
              Locale.ROOT,
              "  %-20s %.4f  (95 %% interval %.4f to %.4f)",
              metric.getKey(),
              value.value(),
              value.interval().low(),
              value.interval().high()));
    }
    if (result.reasoning().traces() > 0) {
      printReasoning(result.n(), result.reasoning());
    }
  }

  private void printReasoning(int n, ReasoningUse use) {
    out.println(
        String.format(
            Locale.ROOT,
            "  reasoning: %d of %d answers with a trace, %.1f tokens each; %d closed by the budget,"
                + " %d cut off at the token limit and counted as wrong",
            use.traces(),
            n,
            use.meanTokens(),
            use.closedByBudget(),
            use.truncatedReasoning()));
  }
}
