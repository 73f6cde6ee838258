package org.pocketdistill.data;

/** The shape of a row in a JSONL file. */
public enum DataFormat {
  /** {@code {"messages":[{"role":…,"content":…},…]}}. */
  MESSAGES,
  /** {@code {"prompt":…,"completion":…}}. */
  PROMPT_COMPLETION,
  /** {@code {"instruction":…,"input":…,"output":…}}. */
  ALPACA,
  /** {@code {"conversations":[{"from":"human","value":…},…]}}. */
  SHAREGPT,
  /** {@code {"text":…}}. */
  TEXT,
  /**
   * {@code {"text":…,"name":…,"arguments":…}}: an utterance and the call it asks for. Arguments are
   * an object or a list of {@code {"name":…,"value":…}}.
   */
  FUNCTION_CALL
}
