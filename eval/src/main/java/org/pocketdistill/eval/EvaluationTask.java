package org.pocketdistill.eval;

import java.util.ArrayList;
import java.util.List;
import org.pocketdistill.data.DataException;
import org.pocketdistill.data.Example;
import org.pocketdistill.data.Message;
import org.pocketdistill.data.Role;
import org.pocketdistill.eval.metric.Metric;

/**
 * A task on a set of items, read once and then put to every model.
 *
 * @param config the task
 * @param set name of the set
 * @param items in the order of the set
 */
public record EvaluationTask(TaskConfig config, String set, List<Item> items) {
  public EvaluationTask {
    items = List.copyOf(items);
    if (items.isEmpty()) {
      throw new DataException(
          String.format("task %s: evaluation set '%s' has no items", config.name(), set));
    }
  }

  /**
   * The task on examples: conversations whose last turn is the assistant's reference answer,
   * questions with choices, or plain text, as the task's output type needs them.
   *
   * @throws DataException if there is none, or an example has another shape
   */
  public static EvaluationTask of(TaskConfig config, String set, List<Example> examples) {
    List<Item> items = new ArrayList<>(examples.size());
    for (Example example : examples) {
      items.add(Item.of(items.size(), checked(config, example, set)));
    }
    return new EvaluationTask(config, set, items);
  }

  /** The metric in the headline. */
  public Metric primaryMetric() {
    return config.metrics().get(0);
  }

  private static Example checked(TaskConfig config, Example example, String set) {
    if (!fits(config.outputType(), example)) {
      throw new DataException(
          "evaluation set '%s', row %s: expected %s; found %s"
              .formatted(set, example.id(), expected(config.outputType()), found(example)));
    }
    List<String> places =
        config.prompt().map(prompt -> new PromptTemplate(prompt).places()).orElse(List.of());
    if (places.contains(PromptTemplate.CONTEXT)
        && example.choice().orElseThrow().context().isEmpty()) {
      throw new DataException(
          "evaluation set '%s', row %s: it has no 'context', which the prompt of task %s shows; say with 'fields' what it is called in the file, or take another task"
              .formatted(set, example.id(), config.name()));
    }
    return example;
  }

  private static boolean fits(OutputType type, Example example) {
    List<Message> messages = example.messages();
    return switch (type) {
      case GENERATE_UNTIL ->
          messages.size() > 1 && messages.get(messages.size() - 1).role() == Role.ASSISTANT;
      case MULTIPLE_CHOICE -> example.choice().isPresent();
      case LOGLIKELIHOOD_ROLLING -> messages.isEmpty();
    };
  }

  private static String expected(OutputType type) {
    return switch (type) {
      case GENERATE_UNTIL -> "a question and then, as last turn, the assistant's reference answer";
      case MULTIPLE_CHOICE -> "a question with choices, as the shape multiple_choice has it";
      case LOGLIKELIHOOD_ROLLING -> "plain text, as the shape text has it";
    };
  }

  private static String found(Example example) {
    return example.messages().isEmpty()
        ? "plain text"
        : "turns of " + example.messages().stream().map(m -> m.role().key()).toList();
  }
}
