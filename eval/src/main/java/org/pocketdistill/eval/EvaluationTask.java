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
   * The task on examples, each a conversation whose last turn is the assistant's reference answer.
   *
   * @throws DataException if there is none, or an example has another shape
   */
  public static EvaluationTask of(TaskConfig config, String set, List<Example> examples) {
    List<Item> items = new ArrayList<>(examples.size());
    for (Example example : examples) {
      items.add(Item.of(items.size(), checked(example, set)));
    }
    return new EvaluationTask(config, set, items);
  }

  /** The metric in the headline. */
  public Metric primaryMetric() {
    return config.metrics().get(0);
  }

  private static Example checked(Example example, String set) {
    List<Message> messages = example.messages();
    int turns = messages.size();
    if (turns < 2 || messages.get(turns - 1).role() != Role.ASSISTANT) {
      throw new DataException(
          String.format(
              "evaluation set '%s', row %s: expected a question and then, as last turn, the"
                  + " assistant's reference answer; found %s",
              set, example.id(), turns == 0 ? "plain text" : roles(messages)));
    }
    return example;
  }

  private static String roles(List<Message> messages) {
    return "turns of " + messages.stream().map(m -> m.role().key()).toList();
  }
}
