package org.pocketdistill.data;

import java.util.Locale;

/** Who speaks in a {@link Message}. */
public enum Role {
  SYSTEM,
  USER,
  ASSISTANT,
  TOOL;

  /** The name used in files and chat templates, for example {@code assistant}. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}
