package org.pocketdistill.data;

import java.util.List;

/**
 * One row of a data set: a conversation, or plain text.
 *
 * @param id unique in its data set, for messages to people and for sample files
 * @param messages the conversation; the assistant's turns are what is learned. Empty for plain text
 * @param text plain text, learned whole; empty when there are messages
 * @param group a label by which results are broken down (for example {@code en}); may be empty
 */
public record Example(String id, List<Message> messages, String text, String group) {
  public Example {
    messages = List.copyOf(messages);
    if (messages.isEmpty() == text.isEmpty()) {
      throw new IllegalArgumentException(
          "row " + id + ": expected messages or text, exactly one of them");
    }
  }

  /** A conversation. */
  public static Example of(String id, List<Message> messages, String group) {
    return new Example(id, messages, "", group);
  }

  /** Plain text. */
  public static Example ofText(String id, String text) {
    return new Example(id, List.of(), text, "");
  }
}
