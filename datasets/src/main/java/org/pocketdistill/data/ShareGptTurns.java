package org.pocketdistill.data;

import java.util.ArrayList;
import java.util.List;

/**
 * Turns as {@code {"from":…,"value":…}}. After an optional system turn, one side (human,
 * observation) and the other (gpt, function_call) take turns, and the latter has the last word.
 */
final class ShareGptTurns {
  private ShareGptTurns() {}

  static List<Message> of(Row row) throws BadRowException {
    List<Message> messages = new ArrayList<>(RowShape.system(row));
    boolean answerExpected = false;
    boolean first = messages.isEmpty();
    for (Row turn : row.rows("conversations")) {
      Speaker speaker = Speaker.of(turn, "from");
      boolean system = first && speaker.role() == Role.SYSTEM;
      first = false;
      if (!system) {
        checkSide(turn, speaker, answerExpected);
        answerExpected = !answerExpected;
      }
      messages.add(
          speaker
              .says(turn.text("value"), turn.describe("value"))
              .withReasoning(turn.textOrEmpty("reasoning_content")));
    }
    if (answerExpected) {
      throw new BadRowException(
          row.describe("conversations") + ": unpaired, the last turn has no answer");
    }
    return messages;
  }

  private static void checkSide(Row turn, Speaker speaker, boolean answerExpected)
      throws BadRowException {
    boolean answers = speaker.role() == Role.ASSISTANT;
    boolean asks = speaker.role() == Role.USER || speaker.role() == Role.TOOL;
    if (answerExpected ? !answers : !asks) {
      throw new BadRowException(
          String.format(
              "%s: unpaired, expected %s, found '%s'",
              turn.describe("from"),
              answerExpected ? "gpt or function_call" : "human or observation",
              speaker.key()));
    }
  }
}
