package org.pocketdistill.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import org.pocketdistill.config.YamlNode.Mapping;
import org.pocketdistill.config.YamlNode.Scalar;
import org.pocketdistill.config.YamlNode.Sequence;
import org.pocketdistill.config.YamlNode.Style;

/**
 * Values from the command line, {@code key.path=value}, put into a tree before it is checked.
 *
 * <p>A value that begins with a bracket or a quote is YAML; any other is taken as it stands.
 */
final class Overrides {
  private final Problems problems;

  private Overrides(Problems problems) {
    this.problems = problems;
  }

  /** Changes the tree; what cannot be put in place is a problem. */
  static void apply(List<String> overrides, Mapping root, Problems problems) {
    Overrides changes = new Overrides(problems);
    overrides.forEach(override -> changes.apply(override, root));
  }

  private void apply(String override, Mapping root) {
    Place place = new Place("--set " + override, 0);
    int equals = override.indexOf('=');
    String path = equals < 0 ? "" : override.substring(0, equals).strip();
    List<String> keys = List.of(path.split("\\.", -1));
    if (keys.contains("")) {
      problems.add(place, path, "expected KEY=VALUE, for example distill.temperature=2");
      return;
    }
    value(override.substring(equals + 1).strip(), place).ifPresent(v -> set(root, keys, v));
  }

  private Optional<YamlNode> value(String text, Place place) {
    if (text.isEmpty() || "[{\"'".indexOf(text.charAt(0)) < 0) {
      return Optional.of(new Scalar(place, text, Style.FLAG));
    }
    // Lines of the flag's own text mean nothing to the user.
    Problems syntax = new Problems();
    Optional<YamlNode> value = YamlTreeReader.read(place.source(), text, syntax);
    syntax.sorted().forEach(found -> problems.add(place, found.path(), found.message()));
    return value.map(node -> relocated(node, place));
  }

  private static YamlNode relocated(YamlNode node, Place place) {
    if (node instanceof Sequence list) {
      list.items().replaceAll(item -> relocated(item, place));
      return new Sequence(place, list.items());
    }
    if (node instanceof Mapping mapping) {
      mapping.entries().replaceAll((key, value) -> relocated(value, place));
      return new Mapping(place, mapping.entries());
    }
    Scalar scalar = (Scalar) node;
    return new Scalar(place, scalar.text(), scalar.style());
  }

  private void set(Mapping root, List<String> keys, YamlNode value) {
    YamlNode node = root;
    for (int depth = 0; depth < keys.size(); depth++) {
      String key = keys.get(depth);
      boolean last = depth == keys.size() - 1;
      YamlNode child = last ? value : new Mapping(value.place(), new LinkedHashMap<>());
      if (node instanceof Mapping mapping) {
        node = last ? mapping.entries().put(key, child) : descend(mapping, key, child);
      } else if (node instanceof Sequence list && isIndex(key, list)) {
        int index = Integer.parseInt(key);
        node = last ? list.items().set(index, child) : list.items().get(index);
      } else {
        refuse(node, keys.subList(0, depth), key, value.place());
        return;
      }
    }
  }

  private static YamlNode descend(Mapping mapping, String key, YamlNode absent) {
    YamlNode present = mapping.entries().get(key);
    boolean empty = present == null || (present instanceof Scalar scalar && scalar.isNull());
    if (empty) {
      mapping.entries().put(key, absent);
    }
    return empty ? absent : present;
  }

  private static boolean isIndex(String key, Sequence list) {
    return key.matches("[0-9]{1,6}") && Integer.parseInt(key) < list.items().size();
  }

  private void refuse(YamlNode node, List<String> parent, String key, Place place) {
    String path = String.join(".", parent);
    String found =
        node instanceof Sequence list
            ? "a list of " + list.items().size() + "; indexes start at 0"
            : node.describe() + ", not a mapping";
    problems.add(place, path + "." + key, "no such key: " + path + " is " + found);
  }
}
