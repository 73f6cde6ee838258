package org.pocketdistill.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;

/**
 * One row of a data set: a conversation, plain text, or a question with choices.
 *
 * @param id unique in its data set, for messages to people and for sample files
 * @param messages the conversation; the assistant's turns are what is learned. Empty for plain text
 * @param text plain text, learned whole; empty when there are messages
 * @param group a label by which results are broken down (for example {@code en}); may be empty
 * @param tools descriptions of the functions that the assistant may call, as the row writes them;
 *     what becomes of them is up to the chat template
 * @param choice what there is to choose from; its conversation stands in {@code messages}
 */
public record Example(
    String id,
    List<Message> messages,
    String text,
    String group,
    List<JsonNode> tools,
    Optional<MultipleChoice> choice) {
  public Example {
    messages = List.copyOf(messages);
    tools = List.copyOf(tools);
    if (messages.isEmpty() == text.isEmpty()) {
      throw new IllegalArgumentException(
          "row " + id + ": expected messages or text, exactly one of them");
    }
  }

  /** A row without choices. */
  public Example(
      String id, List<Message> messages, String text, String group, List<JsonNode> tools) {
    this(id, messages, text, group, tools, Optional.empty());
  }

  /** A row without tools. */
  public Example(String id, List<Message> messages, String text, String group) {
    this(id, messages, text, group, List.of());
  }

  /** A conversation. */
  public static Example of(String id, List<Message> messages, String group) {
    return new Example(id, messages, "", group);
  }

  /** A question with choices. */
  public static Example of(String id, MultipleChoice choice, String group) {
    return new Example(id, choice.messages(), "", group, List.of(), Optional.of(choice));
  }

  /** The same row under another id. */
  public Example withId(String other) {
    return new Example(other, messages, text, group, tools, choice);
  }

  /** Plain text. */
  public static Example ofText(String id, String text) {
    return new Example(id, List.of(), text, "");
  }
}
