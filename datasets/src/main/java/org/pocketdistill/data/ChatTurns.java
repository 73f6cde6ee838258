package org.pocketdistill.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Turns as {@code {"role":…,"content":…,"reasoning_content":…,"tool_calls":…}}. */
final class ChatTurns {
  private ChatTurns() {}

  static List<Message> of(Row row, String field) throws BadRowException {
    List<Message> messages = new ArrayList<>();
    for (Row turn : row.rows(field)) {
      Speaker speaker = Speaker.of(turn, "role");
      messages.add(
          speaker
              .says(words(turn), turn.describe("content"))
              .withReasoning(turn.textOrEmpty("reasoning_content")));
    }
    if (messages.isEmpty()) {
      throw new BadRowException(row.describe(field) + " is an empty list");
    }
    return messages;
  }

  private static String words(Row turn) throws BadRowException {
    Optional<JsonNode> calls = turn.find("tool_calls").filter(list -> !list.isEmpty());
    if (calls.isEmpty()) {
      return content(turn);
    }
    String call = CallText.of(calls.get(), turn.describe("tool_calls"));
    String before = turn.find("content").isPresent() ? content(turn) : "";
    return before.isBlank() ? call : before + "\n" + call;
  }

  /** A string, or a list of {@code {"type":"text","text":…}}. */
  private static String content(Row turn) throws BadRowException {
    JsonNode content = turn.get("content", "a string");
    if (!content.isArray()) {
      return turn.text("content");
    }
    StringBuilder words = new StringBuilder();
    for (JsonNode part : content) {
      if (!part.path("text").isTextual()) {
        throw turn.mistyped("content", "a string or a list of text parts", part);
      }
      words.append(part.get("text").textValue());
    }
    return words.toString();
  }
}
