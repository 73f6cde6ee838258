package org.pocketdistill.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Collects what is wrong in a configuration, and which values therefore cannot be relied on. */
final class Problems {
  private final List<ConfigProblem> found = new ArrayList<>();
  private final Set<String> unreliable = new HashSet<>();

  /** A value that is wrong by itself. */
  void add(Place place, String path, String message) {
    found.add(new ConfigProblem(place.source(), place.line(), path, message));
    unreliable.add(path);
  }

  /** A value that is right by itself and at odds with others. */
  void addContradiction(Place place, String path, String message) {
    found.add(new ConfigProblem(place.source(), place.line(), path, message));
  }

  /** A value that was meant to be given and was not understood. */
  void markUnreliable(String path) {
    unreliable.add(path);
  }

  /** Whether the value at a path is as the user meant it: itself, its parts, what it is part of. */
  boolean isReliable(String path) {
    return unreliable.stream()
        .noneMatch(
            other ->
                path.isEmpty()
                    || other.equals(path)
                    || other.startsWith(path + ".")
                    || path.startsWith(other + "."));
  }

  boolean isEmpty() {
    return found.isEmpty();
  }

  /** In the order of the file; those of flags last. */
  List<ConfigProblem> sorted() {
    return found.stream()
        .sorted(
            Comparator.comparingInt(
                problem -> problem.line() == 0 ? Integer.MAX_VALUE : problem.line()))
        .toList();
  }
}
