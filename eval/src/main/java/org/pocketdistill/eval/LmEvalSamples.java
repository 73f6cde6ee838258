package org.pocketdistill.eval;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.pocketdistill.eval.LanguageModel.Generation;
import org.pocketdistill.eval.LanguageModel.LogLikelihood;
import org.pocketdistill.eval.LanguageModel.Trace;
import org.pocketdistill.eval.Response.Choices;
import org.pocketdistill.eval.Response.Text;
import org.pocketdistill.eval.Response.Written;
import org.pocketdistill.eval.metric.ItemScore;
import org.pocketdistill.eval.metric.Metric;

/**
 * Lines of a file of samples, in the form of lm-evaluation-harness 0.4, which writes numbers and
 * truth values of responses as Python's text of them.
 *
 * @param traces whether the lines tell of traces
 */
record LmEvalSamples(TaskConfig task, boolean traces) {
  ObjectNode line(Sample sample) {
    ObjectNode node = JsonNodeFactory.instance.objectNode().put("doc_id", sample.item().docId());
    node.set("doc", sample.item().doc());
    node.put("target", target(sample));
    putResponse(node, sample);
    node.put("filter", LmEvalFiles.FILTER);
    ArrayNode names = node.putArray("metrics");
    task.metrics().forEach(metric -> names.add(metric.key()));
    node.put("doc_hash", sample.item().docHash());
    node.put("prompt_hash", PythonJson.sha256(sample.prompt()));
    node.put("target_hash", PythonJson.sha256(target(sample)));
    sample.scores().forEach((metric, score) -> put(node, metric, score));
    sample.written().ifPresent(written -> putLength(node, written.generation()));
    if (sample.response() instanceof Choices choices) {
      putChosen(node, sample, choices);
    }
    return node;
  }

  /** What the harness calls the target; of choices, the index of the right one. */
  static String target(Sample sample) {
    if (sample.response() instanceof Choices) {
      return Integer.toString(sample.item().choice().answer());
    }
    return sample.response() instanceof Text ? sample.prompt() : sample.item().target();
  }

  static ObjectNode generationArguments(TaskConfig task) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    ArrayNode until = node.putArray("until");
    task.stop().forEach(until::add);
    node.put("do_sample", false).put("temperature", 0.0).put("max_gen_toks", task.maxNewTokens());
    task.reasoningBudget().ifPresent(budget -> node.put("reasoning_budget", budget));
    return node;
  }

  private void putResponse(ObjectNode node, Sample sample) {
    ObjectNode arguments = node.putObject("arguments");
    ArrayNode responses = node.putArray("resps");
    ArrayNode filtered = node.putArray("filtered_resps");
    if (sample.response() instanceof Written written) {
      ObjectNode request = arguments.putObject("gen_args_0").put("arg_0", sample.prompt());
      request.set("arg_1", generationArguments(task));
      responses.addArray().add(written.generation().text());
      filtered.add(written.generation().text());
    } else if (sample.response() instanceof Text text) {
      arguments.putObject("gen_args_0").put("arg_0", sample.prompt());
      String sum = Double.toString(text.likelihood().sum());
      responses.addArray().add(sum);
      filtered.add(sum);
    } else if (sample.response() instanceof Choices choices) {
      for (int i = 0; i < choices.likelihoods().size(); i++) {
        arguments
            .putObject("gen_args_" + i)
            .put("arg_0", sample.prompt())
            .put("arg_1", task.targetDelimiter() + sample.item().choice().choices().get(i));
        add(responses.addArray().addArray(), choices.likelihoods().get(i));
        add(filtered.addArray(), choices.likelihoods().get(i));
      }
    }
  }

  private static void add(ArrayNode pair, LogLikelihood likelihood) {
    pair.add(Double.toString(likelihood.sum())).add(likelihood.greedy() ? "True" : "False");
  }

  /** As there, {@code resps} is without the trace, which has a key of its own here. */
  private void putLength(ObjectNode node, Generation generation) {
    node.put("generated_tokens", generation.tokens()).put("finished", generation.finished());
    if (traces) {
      Trace trace = generation.trace();
      node.put("reasoning", trace.text()).put("reasoning_tokens", trace.tokens());
      node.put("closed_by_budget", trace.closedByBudget());
      node.put("truncated_reasoning", generation.truncatedReasoning());
    }
  }

  /** Which choice each metric takes as the model's; the harness leaves that to the reader. */
  private void putChosen(ObjectNode node, Sample sample, Choices choices) {
    ObjectNode chosen = node.putObject("chosen");
    for (Metric metric : task.metrics()) {
      chosen.put(metric.key(), ChoiceLikelihoods.chosen(metric, sample.item().choice(), choices));
    }
    if (choices.truncated()) {
      node.put("truncated_prompt", true);
    }
  }

  /**
   * A share is one number; a ratio is the pair that is summed before it is divided. Of whole texts
   * the harness sums log-probabilities, with their sign.
   */
  private void put(ObjectNode node, Metric metric, ItemScore score) {
    if (metric.isProportion()) {
      node.put(metric.key(), score.numerator());
      return;
    }
    int sign = task.outputType() == OutputType.LOGLIKELIHOOD_ROLLING ? -1 : 1;
    node.putArray(metric.key()).add(sign * score.numerator()).add(score.denominator());
  }
}
