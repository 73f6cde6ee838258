package org.pocketdistill.data;

import java.util.Objects;

/** One turn of a conversation. */
public record Message(Role role, String content) {
  public Message {
    Objects.requireNonNull(role, "role");
    Objects.requireNonNull(content, "content");
  }

  /** A turn of the user. */
  public static Message user(String content) {
    return new Message(Role.USER, content);
  }

  /** A turn of the assistant. */
  public static Message assistant(String content) {
    return new Message(Role.ASSISTANT, content);
  }
}
