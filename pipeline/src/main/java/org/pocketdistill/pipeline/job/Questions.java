package org.pocketdistill.pipeline.job;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.pocketdistill.data.Example;
import org.pocketdistill.data.Message;
import org.pocketdistill.data.Role;
import org.pocketdistill.pipeline.config.JobConfig;
import org.pocketdistill.pipeline.job.AnswerLog.Answer;

/**
 * Rows that a model can be asked, each for its last answer.
 *
 * @param rows all rows
 * @param numbers which of them are asked, rising
 * @param left number of rows that are not asked
 */
record Questions(List<Example> rows, List<Integer> numbers, int left) {

  /** Rows with an answer after something else, those that training would leave out excepted. */
  static Questions of(
      List<Example> rows, Optional<Integer> limit, JobConfig job, PreparedData data) {
    List<Integer> numbers = new ArrayList<>();
    try (RowFit fit = new RowFit(job, data)) {
      for (int i = 0; i < rows.size(); i++) {
        if (lastAnswer(rows.get(i)) > 0 && fit.accepts(rows.get(i))) {
          numbers.add(i);
        }
      }
    }
    if (limit.isPresent() && limit.get() < numbers.size()) {
      Collections.shuffle(numbers, new Random(job.seed()));
      numbers = new ArrayList<>(numbers.subList(0, limit.get()));
      Collections.sort(numbers);
    }
    return new Questions(rows, numbers, rows.size() - numbers.size());
  }

  /** What comes before the last answer. */
  static List<Message> question(Example row) {
    return row.messages().subList(0, lastAnswer(row));
  }

  /** The last answer. */
  static String reference(Example row) {
    return row.messages().get(lastAnswer(row)).content();
  }

  /** The row with another last answer; without choices, for the answer may be none of them. */
  static Example answered(Example row, Answer answer) {
    List<Message> messages = new ArrayList<>(question(row));
    messages.add(Message.assistant(answer.content()).withReasoning(answer.reasoning()));
    return new Example(row.id(), messages, "", row.group(), row.tools());
  }

  private static int lastAnswer(Example row) {
    int last = row.messages().size() - 1;
    while (last >= 0 && row.messages().get(last).role() != Role.ASSISTANT) {
      last--;
    }
    return last;
  }
}
