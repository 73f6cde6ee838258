package org.pocketdistill.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;

/**
 * A call that an assistant answers with: {@code {"name":"set_timer","arguments":{"minutes":5}}}.
 *
 * @param arguments the arguments by name, in the order they are written
 */
public record FunctionCall(String name, ObjectNode arguments) {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  public FunctionCall {
    arguments = arguments.deepCopy();
  }

  /**
   * Reads a call; empty if the text is anything but one JSON object with exactly these two keys.
   */
  public static Optional<FunctionCall> parse(String text) {
    try {
      JsonNode node = JSON.readTree(text);
      if (node != null
          && node.isObject()
          && node.size() == 2
          && node.path("name").isTextual()
          && node.path("arguments").isObject()) {
        return Optional.of(
            new FunctionCall(node.get("name").textValue(), (ObjectNode) node.get("arguments")));
      }
      return Optional.empty();
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  /** Compact JSON, without blanks between tokens. */
  public String toJson() {
    ObjectNode call = JSON.createObjectNode().put("name", name);
    call.set("arguments", arguments);
    return call.toString();
  }
}
