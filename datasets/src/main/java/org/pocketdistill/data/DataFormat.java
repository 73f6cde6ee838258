package org.pocketdistill.data;

import java.util.List;

/** The shape of a row in a JSONL file. */
public enum DataFormat {
  /**
   * {@code {"messages":[{"role":…,"content":…},…]}}. An assistant's {@code tool_calls} become the
   * JSON text of the call. {@code tools}, here and in the other shapes, is a list of objects or its
   * JSON text, for the model's chat template.
   */
  MESSAGES,
  /** {@code {"prompt":…,"completion":…}}: two strings, or lists of messages. */
  PROMPT_COMPLETION,
  /** {@code {"instruction":…,"input":…,"output":…}}, {@code system} and {@code history} too. */
  ALPACA,
  /** {@code {"conversations":[{"from":"human","value":…},…]}}, {@code system} too. */
  SHAREGPT,
  /** {@code {"text":…}}. */
  TEXT,
  /**
   * {@code {"text":…,"name":…,"arguments":…}}: an utterance and the call it asks for. Arguments are
   * an object or a list of {@code {"name":…,"value":…}}.
   */
  FUNCTION_CALL;

  /** Names of the shape's fields, which a source may map to other names. */
  public List<String> fields() {
    return switch (this) {
      case MESSAGES -> List.of("id", "group", "messages", "role", "content", "tool_calls", "tools");
      case PROMPT_COMPLETION ->
          List.of("id", "group", "prompt", "completion", "role", "content", "tool_calls", "tools");
      case ALPACA ->
          List.of("id", "group", "instruction", "input", "output", "system", "history", "tools");
      case SHAREGPT -> List.of("id", "group", "conversations", "from", "value", "system", "tools");
      case TEXT -> List.of("id", "group", "text");
      case FUNCTION_CALL -> List.of("id", "group", "text", "name", "arguments");
    };
  }
}
