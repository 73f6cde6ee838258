package org.pocketdistill.data;

import java.util.Objects;

/**
 * One turn of a conversation.
 *
 * @param content what is said; of a reasoning model, the answer alone
 * @param reasoning the trace that was written before the answer, without its tags; empty if there
 *     is none
 */
public record Message(Role role, String content, String reasoning) {
  public Message {
    Objects.requireNonNull(role, "role");
    Objects.requireNonNull(content, "content");
    Objects.requireNonNull(reasoning, "reasoning");
  }

  /** A turn without a trace. */
  public Message(Role role, String content) {
    this(role, content, "");
  }

  /** A turn of the user. */
  public static Message user(String content) {
    return new Message(Role.USER, content);
  }

  /** A turn of the assistant. */
  public static Message assistant(String content) {
    return new Message(Role.ASSISTANT, content);
  }

  /** The same turn with this trace. */
  public Message withReasoning(String trace) {
    return new Message(role, content, trace);
  }
}
