package org.pocketdistill.pipeline.lora;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Which modules get an adapter, by PEFT's rules.
 *
 * @param expression regular expression that must match the whole path; empty for a list
 * @param names whole paths and their ends, such as {@code q_proj}
 */
public record TargetModules(Optional<String> expression, List<String> names) {
  public TargetModules {
    names = List.copyOf(names);
  }

  /** Paths or their ends. */
  static TargetModules of(List<String> names) {
    return new TargetModules(Optional.empty(), names);
  }

  /** Whether the module with this path is one of them. */
  boolean matches(String path) {
    return expression.isPresent()
        ? Pattern.matches(expression.get(), path)
        : names.stream().anyMatch(name -> isNamed(path, name));
  }

  /** Whether a name is a path or its end. */
  static boolean isNamed(String path, String name) {
    return path.equals(name) || path.endsWith("." + name);
  }
}
