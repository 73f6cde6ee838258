package org.pocketdistill.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** Reads a row with a question, choices and the right one of them. */
final class ChoiceRow {
  /** What there is to choose from in a row whose answer is true or false, false first. */
  private static final List<String> NO_YES = List.of("no", "yes");

  private ChoiceRow() {}

  static MultipleChoice read(Row row) throws BadRowException {
    String question = row.words("question");
    JsonNode answer = row.get("answer", "the index of the right choice, from 0");
    List<String> choices = choices(row, answer);
    return new MultipleChoice(
        row.textOrEmpty("context"), question, choices, index(row, answer, choices));
  }

  private static List<String> choices(Row row, JsonNode answer) throws BadRowException {
    if (row.find("choices").isEmpty() && answer.isBoolean()) {
      return NO_YES;
    }
    JsonNode list =
        row.get("choices", "a list of strings; it may lack if the answer is true or false");
    List<String> choices = new ArrayList<>();
    for (JsonNode choice : list.isArray() ? list : List.<JsonNode>of()) {
      if (choice.isTextual() && !choice.textValue().isBlank()) {
        choices.add(choice.textValue());
      }
    }
    if (choices.size() < 2 || choices.size() < list.size()) {
      throw row.mistyped("choices", "a list of two strings or more, none empty", list);
    }
    return choices;
  }

  private static int index(Row row, JsonNode answer, List<String> choices) throws BadRowException {
    int index = -1;
    if (answer.isBoolean() && choices.size() == NO_YES.size()) {
      index = answer.booleanValue() ? 1 : 0;
    } else if (answer.isIntegralNumber() && answer.canConvertToInt()) {
      index = answer.intValue();
    } else if (answer.isTextual()) {
      index = choices.indexOf(answer.textValue());
    }
    if (index < 0 || index >= choices.size()) {
      throw row.mistyped(
          "answer",
          "the index of the right choice, 0 to "
              + (choices.size() - 1)
              + ", its text, or of two choices true for the second",
          answer);
    }
    return index;
  }
}
