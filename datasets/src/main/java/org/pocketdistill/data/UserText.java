package org.pocketdistill.data;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** What the parties of a row say. */
final class UserText {
  private UserText() {}

  /**
   * The user's turns on lines of their own; of plain text, all of it; of a question with choices,
   * the question, since many rows share a passage.
   */
  static String of(Example row) {
    if (row.choice().isPresent()) {
      return row.choice().get().question();
    }
    return row.messages().isEmpty() ? row.text() : String.join("\n", said(row, Role.USER));
  }

  /** The turns of these roles, in order. */
  static List<String> said(Example row, Role... roles) {
    List<Role> wanted = Arrays.asList(roles);
    return row.messages().stream()
        .filter(message -> wanted.contains(message.role()))
        .map(Message::content)
        .collect(Collectors.toUnmodifiableList());
  }
}
