package org.pocketdistill.data;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** The shape of a row in a JSONL file. */
public enum DataFormat {
  /**
   * {@code {"messages":[{"role":…,"content":…},…]}}. An assistant's {@code tool_calls} become the
   * JSON text of the call. Its {@code reasoning_content}, here and in the other shapes, is the
   * trace before the answer, which may also stand in tags at the start of the answer; {@code tools}
   * is a list of objects or its JSON text, for the model's chat template.
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
  FUNCTION_CALL,
  /**
   * {@code {"question":…,"choices":[…],"answer":…}}, {@code context} too: a passage to read first.
   * The answer is the index of the right choice, from 0, or its text; or true or false, and the
   * choices, if they lack, are no and yes.
   */
  MULTIPLE_CHOICE;

  /** Names of the shape's fields, which a source may map to other names. */
  public List<String> fields() {
    return switch (this) {
      case MESSAGES ->
          with("messages", "role", "content", "tool_calls", "reasoning_content", "tools");
      case PROMPT_COMPLETION ->
          with(
              "prompt",
              "completion",
              "role",
              "content",
              "tool_calls",
              "reasoning_content",
              "tools");
      case ALPACA ->
          with("instruction", "input", "output", "system", "history", "reasoning_content", "tools");
      case SHAREGPT ->
          with("conversations", "from", "value", "system", "reasoning_content", "tools");
      case TEXT -> with("text");
      case FUNCTION_CALL -> with("text", "name", "arguments", "reasoning_content");
      case MULTIPLE_CHOICE -> with("context", "question", "choices", "answer");
    };
  }

  private static List<String> with(String... fields) {
    return Stream.concat(Stream.of("id", "group"), Arrays.stream(fields)).toList();
  }
}
