package org.pocketdistill.data;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The names that files give to who speaks: OpenAI's, ShareGPT's and LLaMA-Factory's. */
enum Speaker {
  SYSTEM(Role.SYSTEM),
  DEVELOPER(Role.SYSTEM),
  USER(Role.USER),
  HUMAN(Role.USER),
  ASSISTANT(Role.ASSISTANT),
  GPT(Role.ASSISTANT),
  /** What is said is a call, as JSON text. */
  FUNCTION_CALL(Role.ASSISTANT),
  TOOL(Role.TOOL),
  OBSERVATION(Role.TOOL);

  private final Role role;

  Speaker(Role role) {
    this.role = role;
  }

  static Speaker of(Row turn, String field) throws BadRowException {
    String name = turn.text(field);
    for (Speaker each : values()) {
      if (each.key().equals(name)) {
        return each;
      }
    }
    throw new BadRowException(
        String.format(
            "%s: unknown speaker '%s'; expected one of %s",
            turn.describe(field),
            Excerpt.of(name),
            Arrays.stream(values()).map(Speaker::key).collect(Collectors.joining(", "))));
  }

  Role role() {
    return role;
  }

  String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** A turn of this speaker; the text of a call is brought into its one form. */
  Message says(String words, String where) throws BadRowException {
    return new Message(
        role, this == FUNCTION_CALL ? CallText.of(Row.parseJson(words), where) : words);
  }
}
