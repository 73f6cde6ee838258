package org.pocketdistill.data;

/**
 * What a trace stands between, {@code <think>} and {@code </think>} for DeepSeek-R1, Qwen3 and most
 * others.
 */
public record ReasoningTags(String open, String close) {
  /** {@code <think>} and {@code </think>}. */
  public static final ReasoningTags THINK = new ReasoningTags("<think>", "</think>");

  public ReasoningTags {
    if (!areApart(open, close)) {
      throw new IllegalArgumentException(
          "reasoning tags '" + open + "' and '" + close + "': expected two different texts");
    }
  }

  /** Whether two texts can be tags: not blank, and none of them within the other. */
  public static boolean areApart(String open, String close) {
    return !open.isBlank() && !close.isBlank() && !open.contains(close) && !close.contains(open);
  }

  /** A trace in its tags, and the empty line before the answer, as Qwen3's template writes it. */
  public String block(String trace) {
    return open + "\n" + trace + "\n" + close + "\n\n";
  }

  /** Whether the text ends with the opening tag, so that what follows is a trace. */
  public boolean isOpenedBy(String prompt) {
    return prompt.stripTrailing().endsWith(open);
  }

  /**
   * The prompt up to where the answer starts: with the trace in its tags, if there is one. A trace
   * that the prompt has opened is closed; one that it holds already stays.
   */
  public String beforeAnswer(String prompt, String trace) {
    String bare = prompt.stripTrailing();
    if (bare.endsWith(open)) {
      return bare + "\n" + trace + "\n" + close + "\n\n";
    }
    return trace.isEmpty() || bare.endsWith(close) ? prompt : prompt + block(trace);
  }

  /** Whether one of the tags stands in the text. */
  public boolean occurIn(String text) {
    return text.contains(open) || text.contains(close);
  }
}
