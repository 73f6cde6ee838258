package org.pocketdistill.eval;

import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.pocketdistill.eval.LanguageModel.Generation;
import org.pocketdistill.eval.LanguageModel.Trace;
import org.pocketdistill.eval.metric.ItemScore;
import org.pocketdistill.eval.metric.Metric;
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
  private static final String FILTER = "none";

  private LmEvalFiles() {}

  /** Name of the file of samples of a task on a set. */
  public static String samplesFile(TaskResult task) {
    return "samples_" + task.alias() + ".jsonl";
  }

  /** Writes the files into a folder. */
  public static void write(Path folder, ModelMeasurement measurement, Bootstrap bootstrap)
      throws IOException {
    for (TaskMeasurement task : measurement.tasks()) {
      AtomicFile.write(
          folder.resolve(samplesFile(task.result())),
          writer -> {
            for (Sample sample : task.samples()) {
              ObjectNode node = sampleNode(task.task().config(), sample);
              if (task.result().reasoning().traces() > 0) {
                putTrace(node, sample.generation());
              }
              writer.write(JSON.writeValueAsString(node));
              writer.write('\n');
            }
          });
    }
    DefaultPrettyPrinter printer =
        new DefaultPrettyPrinter().withObjectIndenter(new DefaultIndenter("  ", "\n"));
    String results = JSON.writer(printer).writeValueAsString(results(measurement, bootstrap));
    AtomicFile.write(folder.resolve(RESULTS), results + "\n");
  }

  private static ObjectNode sampleNode(TaskConfig task, Sample sample) {
    ObjectNode node = JsonNodeFactory.instance.objectNode().put("doc_id", sample.item().docId());
    node.set("doc", sample.item().doc());
    node.put("target", sample.item().target());
    ObjectNode arguments = node.putObject("arguments").putObject("gen_args_0");
    arguments.put("arg_0", sample.prompt());
    arguments.set("arg_1", generationArguments(task));
    node.putArray("resps").addArray().add(sample.generation().text());
    node.putArray("filtered_resps").add(sample.generation().text());
    node.put("filter", FILTER);
    var names = node.putArray("metrics");
    task.metrics().forEach(metric -> names.add(metric.key()));
    node.put("doc_hash", sample.item().docHash());
    node.put("prompt_hash", PythonJson.sha256(sample.prompt()));
    node.put("target_hash", PythonJson.sha256(sample.item().target()));
    sample.scores().forEach((metric, score) -> put(node, metric, score));
    node.put("generated_tokens", sample.generation().tokens());
    node.put("finished", sample.generation().finished());
    return node;
  }

  /** As there, {@code resps} is without the trace, which has a key of its own here. */
  private static void putTrace(ObjectNode node, Generation generation) {
    Trace trace = generation.trace();
    node.put("reasoning", trace.text()).put("reasoning_tokens", trace.tokens());
    node.put("closed_by_budget", trace.closedByBudget());
    node.put("truncated_reasoning", generation.truncatedReasoning());
  }

  private static ObjectNode generationArguments(TaskConfig task) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    var until = node.putArray("until");
    task.stop().forEach(until::add);
    node.put("do_sample", false).put("temperature", 0.0).put("max_gen_toks", task.maxNewTokens());
    task.reasoningBudget().ifPresent(budget -> node.put("reasoning_budget", budget));
    return node;
  }

  /** A share is one number; a ratio is the pair that is summed before it is divided. */
  private static void put(ObjectNode node, Metric metric, ItemScore score) {
    if (metric.isProportion()) {
      node.put(metric.key(), score.numerator());
    } else {
      node.putArray(metric.key()).add(score.numerator()).add(score.denominator());
    }
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
    config.put("output_type", "generate_until").put("num_fewshot", 0);
    config.set("generation_kwargs", generationArguments(task));
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
          .append(PythonJson.sha256(sample.item().target()));
    }
    return PythonJson.sha256(hashes.toString());
  }
}
