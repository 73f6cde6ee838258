package org.pocketdistill.eval;

import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.pocketdistill.eval.result.AtomicFile;
import org.pocketdistill.eval.result.MetricValue;
import org.pocketdistill.eval.result.ModelInfo;
import org.pocketdistill.eval.result.TaskResult;
import org.pocketdistill.eval.statistics.Bootstrap;

/**
 * A measurement in the form of lm-evaluation-harness 0.4, for its viewers and for tools that
 * compare two models item by item: {@code results_lm_eval.json} and {@code samples_TASK_SET.jsonl}.
 *
 * <p>Where that form has a date, these files have none: the same answers give the same bytes.
 */
public final class LmEvalFiles {
  /** Name of the file of results. */
  public static final String RESULTS = "results_lm_eval.json";

  private static final ObjectMapper JSON = new ObjectMapper();
  static final String FILTER = "none";

  private LmEvalFiles() {}

  /** Name of the file of samples of a task on a set. */
  public static String samplesFile(TaskResult task) {
    return "samples_" + task.alias() + ".jsonl";
  }

  /** Writes the files into a folder. */
  public static void write(Path folder, ModelMeasurement measurement, Bootstrap bootstrap)
      throws IOException {
    for (TaskMeasurement task : measurement.tasks()) {
      LmEvalSamples lines =
          new LmEvalSamples(task.task().config(), task.result().reasoning().traces() > 0);
      AtomicFile.write(
          folder.resolve(samplesFile(task.result())),
          writer -> {
            for (Sample sample : task.samples()) {
              writer.write(JSON.writeValueAsString(lines.line(sample)));
              writer.write('\n');
            }
          });
    }
    DefaultPrettyPrinter printer =
        new DefaultPrettyPrinter().withObjectIndenter(new DefaultIndenter("  ", "\n"));
    String results = JSON.writer(printer).writeValueAsString(results(measurement, bootstrap));
    AtomicFile.write(folder.resolve(RESULTS), results + "\n");
  }

  private static ObjectNode results(ModelMeasurement measurement, Bootstrap bootstrap) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    for (String part :
        new String[] {
          "results", "configs", "versions", "n-shot", "higher_is_better", "n-samples", "task_hashes"
        }) {
      root.putObject(part);
    }
    measurement.tasks().forEach(task -> put(root, task));
    ModelInfo model = measurement.model();
    root.putObject("config")
        .put("model", model.runtime())
        .put("model_args", "path=" + model.path() + ",dtype=" + model.precision())
        .put("bootstrap_iters", bootstrap.resamples())
        .put("random_seed", bootstrap.seed());
    root.put("model_source", model.runtime());
    return root.put("model_name", model.name());
  }

  private static void put(ObjectNode root, TaskMeasurement measurement) {
    TaskResult result = measurement.result();
    TaskConfig task = measurement.task().config();
    String alias = result.alias();
    ObjectNode values = root.withObject("/results").putObject(alias);
    values.put("name", alias).put("alias", alias).put("sample_len", result.n());
    if (result.reasoning().traces() > 0) {
      values.put("truncated_reasoning", result.reasoning().truncatedReasoning());
    }
    ObjectNode directions = root.withObject("/higher_is_better").putObject(alias);
    for (Map.Entry<String, MetricValue> entry : result.metrics().entrySet()) {
      values.put(entry.getKey() + "," + FILTER, entry.getValue().value());
      values.put(entry.getKey() + "_stderr," + FILTER, entry.getValue().stderr());
    }
    task.metrics().forEach(metric -> directions.put(metric.key(), metric.higherIsBetter()));
    ObjectNode config = root.withObject("/configs").putObject(alias);
    config.put("task", alias).put("test_split", result.set());
    config.put("description", task.description());
    config.put("output_type", task.outputType().name().toLowerCase(Locale.ROOT));
    config.put("num_fewshot", 0);
    switch (task.outputType()) {
      case GENERATE_UNTIL ->
          config.set("generation_kwargs", LmEvalSamples.generationArguments(task));
      case MULTIPLE_CHOICE ->
          config
              .put("doc_to_text", new PromptTemplate(task.prompt().orElseThrow()).jinja())
              .put("doc_to_choice", "{{choices}}")
              .put("doc_to_target", "{{answer}}")
              .put("target_delimiter", task.targetDelimiter());
      case LOGLIKELIHOOD_ROLLING -> {
        config.put("doc_to_text", "").put("doc_to_target", "{{text}}");
        task.window().ifPresent(window -> config.put("max_length", window));
      }
    }
    config.putObject("metadata").put("version", result.version());
    root.withObject("/versions").put(alias, result.version());
    root.withObject("/n-shot").put(alias, 0);
    root.withObject("/n-samples")
        .putObject(alias)
        .put("original", result.n())
        .put("effective", result.n());
    root.withObject("/task_hashes").put(alias, taskHash(measurement));
  }

  private static String taskHash(TaskMeasurement measurement) {
    StringBuilder hashes = new StringBuilder();
    for (Sample sample : measurement.samples()) {
      hashes
          .append(sample.item().docHash())
          .append(PythonJson.sha256(sample.prompt()))
          .append(PythonJson.sha256(LmEvalSamples.target(sample)));
    }
    return PythonJson.sha256(hashes.toString());
  }
}
