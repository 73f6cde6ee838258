package org.pocketdistill.data;

/**
 * Brings the traces of a row into one form: apart from the answer, without tags, blanks around it
 * removed.
 *
 * <p>A trace comes as {@code reasoning_content}, or in tags at the start of the content. A closing
 * tag alone ends a trace whose opening tag stood in the prompt, as DeepSeek-R1's does.
 *
 * @param reasoning what becomes of a trace
 * @param tags what marks a trace in the rows
 */
public record ReasoningRule(Reasoning reasoning, ReasoningTags tags) {
  /** Traces in {@code <think>} tags are kept. */
  public static final ReasoningRule KEEP = new ReasoningRule(Reasoning.LEARN, ReasoningTags.THINK);

  /** The turn in the one form. */
  Message apply(Message turn) throws BadRowException {
    Message apart = turn.role() == Role.ASSISTANT ? split(turn) : checked(turn);
    return reasoning == Reasoning.STRIP ? apart.withReasoning("") : apart;
  }

  /**
   * Plain text, which has no turns: what is learned of it is all of it.
   *
   * @throws BadRowException if it holds a trace that should not be learned
   */
  String checkedText(String text) throws BadRowException {
    if (reasoning != Reasoning.LEARN && tags.occurIn(text)) {
      throw new BadRowException(
          "a plain text with '%s', which is learned whole; give it as a conversation, or set data.reasoning to learn"
              .formatted(text.contains(tags.open()) ? tags.open() : tags.close()));
    }
    return text;
  }

  private static Message checked(Message turn) throws BadRowException {
    if (!turn.reasoning().isBlank()) {
      throw new BadRowException(
          "reasoning_content in a turn of the %s; only the assistant's turns have a trace"
              .formatted(turn.role().key()));
    }
    return turn.withReasoning("");
  }

  private Message split(Message turn) throws BadRowException {
    if (!turn.reasoning().isBlank()) {
      return given(turn);
    }
    String content = turn.content();
    int closing = content.indexOf(tags.close());
    int opening = content.indexOf(tags.open());
    if (closing < 0 && opening < 0) {
      return turn.withReasoning("");
    }
    require(closing >= 0, "'%s' is not closed by '%s'".formatted(tags.open(), tags.close()));
    boolean opened = opening >= 0 && opening < closing;
    int start = opened ? opening + tags.open().length() : 0;
    String trace = content.substring(start, closing);
    String answer = content.substring(closing + tags.close().length());
    String before = opened ? content.substring(0, opening) : "";
    require(
        before.isBlank(),
        "'%s' before '%s'; a trace comes first".formatted(Excerpt.of(before), tags.open()));
    require(!trace.contains(tags.open()), "a second '" + tags.open() + "' inside the first");
    require(!tags.occurIn(answer), "a second trace after the first; a turn has one at most");
    return answered(new Message(turn.role(), answer.stripLeading(), trace.strip()));
  }

  private Message given(Message turn) throws BadRowException {
    require(
        !tags.occurIn(turn.content()),
        "reasoning_content beside '%s' in the content; give the trace once".formatted(tags.open()));
    require(
        !tags.occurIn(turn.reasoning()),
        "reasoning_content holds '%s'; give the trace without tags".formatted(tags.open()));
    return answered(
        new Message(turn.role(), turn.content().stripLeading(), turn.reasoning().strip()));
  }

  private static Message answered(Message turn) throws BadRowException {
    require(!turn.content().isBlank(), "a trace without an answer after it");
    return turn;
  }

  private static void require(boolean holds, String reason) throws BadRowException {
    if (!holds) {
      throw new BadRowException("the assistant's reasoning: " + reason);
    }
  }
}
