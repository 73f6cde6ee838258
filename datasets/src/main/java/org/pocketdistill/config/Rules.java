package org.pocketdistill.config;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** Collects the broken rules of a {@link Checked} record. */
public final class Rules {
  // Safe as the name of a file or folder on every system that the tool runs on.
  private static final Pattern PLAIN_NAME =
      Pattern.compile("[\\p{L}\\p{N}_]([\\p{L}\\p{N}_. +-]{0,98}[\\p{L}\\p{N}_+-])?");

  private final List<Contradiction> broken = new ArrayList<>();

  /**
   * A rule.
   *
   * @param holds whether the rule is kept
   * @param message what is wrong and what to do, where it is not
   * @param keys what the rule looked at, the key to point at first
   */
  public Rules require(boolean holds, String message, String... keys) {
    if (!holds) {
      broken.add(Contradiction.of(message, keys));
    }
    return this;
  }

  /** The value becomes part of a path: it must be a plain name that cannot lead elsewhere. */
  public Rules requirePlainName(String name, String key) {
    return require(
        PLAIN_NAME.matcher(name).matches() && !name.contains(".."),
        "'"
            + name
            + "' is not a plain file name; use letters, digits, '_', '-', '.' and at most 100"
            + " characters",
        key);
  }

  /** No value may come twice. */
  public Rules requireDistinct(Collection<?> values, String key) {
    Set<Object> seen = new HashSet<>();
    values.stream()
        .filter(value -> !seen.add(value))
        .distinct()
        .forEach(value -> require(false, text(value) + " is listed twice; keep one", key));
    return this;
  }

  private static String text(Object value) {
    return value instanceof Enum<?> constant
        ? constant.name().toLowerCase(Locale.ROOT)
        : value.toString();
  }

  /** Adds broken rules that were found elsewhere. */
  public Rules addAll(Collection<Contradiction> others) {
    broken.addAll(others);
    return this;
  }

  /** The rules that were not kept, in the order they were asked. */
  public List<Contradiction> broken() {
    return List.copyOf(broken);
  }
}
