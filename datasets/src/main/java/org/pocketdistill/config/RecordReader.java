package org.pocketdistill.config;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.pocketdistill.config.YamlNode.Mapping;
import org.pocketdistill.config.YamlNode.Sequence;

/** Reads one mapping into one record: unknown, missing, wrong and contradictory keys. */
final class RecordReader {
  private final RecordType type;
  private final Map<String, Component> components;
  private final Mapping mapping;
  private final String path;
  private final Problems problems;
  private final Set<String> misspelt = new HashSet<>();

  RecordReader(RecordType type, Mapping mapping, String path, Problems problems) {
    this.type = type;
    this.components = type.byName();
    this.mapping = mapping;
    this.path = path;
    this.problems = problems;
  }

  /** The record, with placeholders for what is wrong; null if it cannot be built at all. */
  Object read() {
    unknownKeys();
    List<Object> values = new ArrayList<>();
    components.values().forEach(component -> values.add(value(component)));
    if (values.contains(null)) {
      return null;
    }
    boolean reliable = problems.isReliable(path);
    try {
      Object built = type.construct(values);
      if (built instanceof Checked checked) {
        checked.contradictions().forEach(this::contradiction);
      }
      return built;
    } catch (IllegalArgumentException e) {
      if (reliable) {
        problems.add(mapping.place(), path, e.getMessage());
      }
      return null;
    }
  }

  private void unknownKeys() {
    Set<String> free = new HashSet<>(components.keySet());
    free.removeAll(mapping.entries().keySet());
    for (Map.Entry<String, YamlNode> entry : mapping.entries().entrySet()) {
      String key = entry.getKey();
      if (components.containsKey(key)) {
        continue;
      }
      Nearest.to(key, components.keySet())
          .filter(free::contains)
          .ifPresent(
              meant -> {
                misspelt.add(meant);
                problems.markUnreliable(child(meant));
              });
      problems.add(
          entry.getValue().place(),
          child(key),
          "unknown key, " + Nearest.hint(key, components.keySet()));
    }
  }

  private Object value(Component component) {
    YamlNode node = mapping.entries().get(component.name());
    if (node != null) {
      return component.type().read(node, child(component.name()), problems);
    }
    if (!component.isRequired()) {
      return component.defaultValue();
    }
    // A misspelt key has been reported where it stands; it is not missing besides.
    if (!misspelt.contains(component.name())) {
      String meaning = component.key().value();
      problems.add(
          mapping.place(),
          child(component.name()),
          "missing key (" + meaning + "); expected " + component.type().expected());
    }
    return component.type().placeholder();
  }

  private void contradiction(Contradiction found) {
    List<String> paths = found.keys().stream().map(this::child).toList();
    if (paths.stream().allMatch(problems::isReliable)) {
      problems.addContradiction(place(found.keys().get(0)), paths.get(0), found.message());
    }
  }

  /** The place of a key, or of the nearest key around it that the file has. */
  private Place place(String relative) {
    YamlNode node = mapping;
    for (String key : relative.split("\\.", -1)) {
      Optional<YamlNode> child = child(node, key);
      if (child.isEmpty()) {
        break;
      }
      node = child.get();
    }
    return node.place();
  }

  private static Optional<YamlNode> child(YamlNode node, String key) {
    if (node instanceof Mapping parent) {
      return Optional.ofNullable(parent.entries().get(key));
    }
    if (node instanceof Sequence list && key.matches("[0-9]{1,9}")) {
      int index = Integer.parseInt(key);
      return index < list.items().size() ? Optional.of(list.items().get(index)) : Optional.empty();
    }
    return Optional.empty();
  }

  private String child(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }
}
