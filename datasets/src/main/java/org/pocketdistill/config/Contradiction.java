package org.pocketdistill.config;

import java.util.List;

/**
 * Keys that are right one by one and cannot stand together.
 *
 * @param message what is wrong, what to do
 * @param keys the keys that the rule looked at, relative to the record, for example {@code
 *     train.max_steps}. The first is the one to point at. A rule counts only while all of them are
 *     right by themselves.
 */
public record Contradiction(String message, List<String> keys) {
  public Contradiction {
    keys = List.copyOf(keys);
    if (keys.isEmpty()) {
      throw new IllegalArgumentException("a contradiction without keys: " + message);
    }
  }

  /** A contradiction between keys, the first of which is pointed at. */
  public static Contradiction of(String message, String... keys) {
    return new Contradiction(message, List.of(keys));
  }
}
