package org.pocketdistill.template;

import java.util.Map;
import java.util.TreeMap;

/** Jinja's filters by name. */
final class Filters {
  private static final Map<String, Filter> ALL = all();

  private Filters() {}

  private static Map<String, Filter> all() {
    Map<String, Filter> all = new TreeMap<>();
    all.putAll(TextFilters.ALL);
    all.putAll(ValueFilters.ALL);
    all.putAll(ListFilters.ALL);
    all.putAll(SelectFilters.ALL);
    return all;
  }

  /**
   * The filter.
   *
   * @throws Failure if there is none of that name
   */
  static Filter named(String name) {
    Filter filter = ALL.get(name);
    if (filter == null) {
      throw new Failure(
          "unknown filter '%s'; known are %s".formatted(name, String.join(", ", ALL.keySet())));
    }
    return filter;
  }

  static boolean exists(String name) {
    return ALL.containsKey(name);
  }

  /** Place of the argument that names a filter or test to apply; -1 if there is none. */
  static int placeOfInner(String filter) {
    return switch (filter) {
      case "map", "select", "reject" -> 0;
      case "selectattr", "rejectattr" -> 1;
      default -> -1;
    };
  }
}
