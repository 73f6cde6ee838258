package org.pocketdistill.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the rows of one shape. */
@FunctionalInterface
interface RowShape {
  /** What a row holds; empty messages mean plain text. */
  Content read(Row row) throws BadRowException;

  /** The shape of a format. */
  static RowShape of(DataFormat format) {
    return switch (format) {
      case MESSAGES -> row -> Content.learned(ChatTurns.of(row, "messages"));
      case PROMPT_COMPLETION -> row -> Content.learned(promptCompletion(row));
      case ALPACA -> row -> Content.learned(alpaca(row));
      case SHAREGPT -> row -> Content.learned(ShareGptTurns.of(row));
      case TEXT -> row -> new Content(List.of(), row.words("text"));
      case FUNCTION_CALL -> row -> Content.learned(functionCall(row));
      case MULTIPLE_CHOICE -> row -> Content.of(ChoiceRow.read(row));
    };
  }

  /** The shape that {@link JsonlWriter} writes. */
  static RowShape prepared() {
    return row -> {
      if (row.find("choices").isPresent()) {
        return Content.of(ChoiceRow.read(row));
      }
      return row.find("text").isPresent()
          ? new Content(List.of(), row.text("text"))
          : new Content(ChatTurns.of(row, "messages"), "");
    };
  }

  private static List<Message> promptCompletion(Row row) throws BadRowException {
    List<Message> messages = new ArrayList<>();
    messages.addAll(side(row, "prompt", Role.USER));
    messages.addAll(side(row, "completion", Role.ASSISTANT));
    return messages;
  }

  private static List<Message> side(Row row, String field, Role role) throws BadRowException {
    JsonNode value = row.get(field, "a string or a list of messages");
    if (value.isArray()) {
      return ChatTurns.of(row, field);
    }
    if (!value.isTextual()) {
      throw row.mistyped(field, "a string or a list of messages", value);
    }
    String trace = role == Role.ASSISTANT ? row.textOrEmpty("reasoning_content") : "";
    return List.of(new Message(role, value.textValue(), trace));
  }

  private static List<Message> alpaca(Row row) throws BadRowException {
    List<Message> messages = new ArrayList<>(system(row));
    JsonNode history = row.find("history").orElseGet(JsonNodeFactory.instance::arrayNode);
    for (JsonNode pair : history.isArray() ? history : List.of(history)) {
      if (pair.size() != 2 || !pair.path(0).isTextual() || !pair.path(1).isTextual()) {
        throw row.mistyped("history", "a list of [question, answer]", history);
      }
      messages.add(Message.user(pair.get(0).textValue()));
      messages.add(Message.assistant(pair.get(1).textValue()));
    }
    String input = row.textOrEmpty("input");
    String instruction = row.text("instruction");
    messages.add(Message.user(input.isBlank() ? instruction : instruction + "\n" + input));
    messages.add(
        Message.assistant(row.text("output")).withReasoning(row.textOrEmpty("reasoning_content")));
    return messages;
  }

  /** The row's system text as a message, if it has one. */
  static List<Message> system(Row row) throws BadRowException {
    String system = row.textOrEmpty("system");
    return system.isBlank() ? List.of() : List.of(new Message(Role.SYSTEM, system));
  }

  private static List<Message> functionCall(Row row) throws BadRowException {
    JsonNode given = row.find("arguments").orElseGet(JsonNodeFactory.instance::objectNode);
    String name = row.words("name");
    FunctionCall call =
        new FunctionCall(name, CallText.arguments(given, row.describe("arguments")));
    return List.of(
        Message.user(row.words("text")),
        Message.assistant(call.toJson()).withReasoning(row.textOrEmpty("reasoning_content")));
  }

  /** What a row holds. */
  record Content(List<Message> messages, String text, Optional<MultipleChoice> choice) {
    /** Without choices. */
    Content(List<Message> messages, String text) {
      this(messages, text, Optional.empty());
    }

    /** A question with choices. */
    static Content of(MultipleChoice choice) {
      return new Content(choice.messages(), "", Optional.of(choice));
    }

    /** A conversation, in which the assistant must say something. */
    static Content learned(List<Message> messages) throws BadRowException {
      for (Message message : messages) {
        if (message.role() == Role.ASSISTANT && !message.content().isBlank()) {
          return new Content(messages, "");
        }
      }
      throw new BadRowException("the assistant says nothing in this row; nothing can be learned");
    }
  }
}
