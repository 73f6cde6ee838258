package org.pocketdistill.data.assistant;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.pocketdistill.data.FunctionCall;
import org.pocketdistill.data.GeneratorConfig.Language;

/**
 * Reads the grammar of a language from its four resources: phrasings, slots, texts, frames. They
 * are part of the program, so a mistake in them is a bug and ends with an {@link
 * IllegalStateException}.
 */
final class GrammarReader {
  private static final YAMLMapper YAML = new YAMLMapper();
  private static final String HELD_OUT = "held_out";
  private static final String FIXED = "fixed";

  private final String folder;
  private final Map<String, Slot> slots;
  private final List<Template> templates = new ArrayList<>();

  private GrammarReader(Language language) {
    folder = language.name().toLowerCase(Locale.ROOT);
    slots =
        SpokenSlots.of(
            switch (language) {
              case EN -> new EnglishSpeech();
              case ZH -> new ChineseSpeech();
            });
  }

  static Grammar read(Language language) {
    Set<String> fixedCalls = new TreeSet<>();
    for (Language any : Language.values()) {
      // of all languages, so that they agree on what is trained on
      new GrammarReader(any).addFixedCalls(fixedCalls);
    }
    return new GrammarReader(language).read(fixedCalls);
  }

  private void addFixedCalls(Set<String> calls) {
    Map<String, JsonNode> functions = fields("phrasings.yaml");
    for (PhoneFunction function : PhoneFunction.values()) {
      JsonNode node = functions.get(function.key());
      for (Phrasing phrasing : phrasings(function, node, node.path(FIXED).asText())) {
        if (phrasing.isFixed(function)) {
          ObjectNode arguments = phrasing.arguments(function, Map.of());
          calls.add(new FunctionCall(function.key(), arguments).toJson());
        }
      }
    }
  }

  private Grammar read(Set<String> fixedCalls) {
    fields("slots.yaml").forEach((name, node) -> add(name, list(node)));
    fields("texts.yaml").forEach((name, node) -> add(name, text(name, node)));
    Map<String, Frames> frames = new LinkedHashMap<>();
    fields("frames.yaml")
        .forEach(
            (kind, node) ->
                frames.put(kind, Frames.of(node.path("mark").asText(), lines(node.get("frames")))));
    Map<PhoneFunction, List<Phrasing>> seen = new EnumMap<>(PhoneFunction.class);
    Map<PhoneFunction, List<Phrasing>> heldOut = new EnumMap<>(PhoneFunction.class);
    Map<String, JsonNode> functions = fields("phrasings.yaml");
    for (PhoneFunction function : PhoneFunction.values()) {
      JsonNode node = functions.get(function.key());
      check(node != null, function.key() + " has no phrasings");
      String fixed = node.path(FIXED).asText();
      seen.put(function, phrasings(function, node, fixed));
      heldOut.put(function, phrasings(function, node.get(HELD_OUT), fixed));
    }
    for (Template template : templates) {
      check(slots.keySet().containsAll(template.slotNames()), "unknown slot in: " + template);
    }
    return new Grammar(seen, heldOut, frames, fixedCalls);
  }

  private void add(String name, Slot slot) {
    check(slots.put(name, slot) == null, "two slots are called " + name);
  }

  private ListSlot list(JsonNode node) {
    if (node.has("closed")) {
      List<ListSlot.Value> values = values(node.get("closed"), groups(node.path("groups")));
      return new ListSlot(values, values);
    }
    ListSlot list =
        new ListSlot(values(node.get("seen"), Map.of()), values(node.get(HELD_OUT), Map.of()));
    check(Collections.disjoint(list.seen(), list.heldOut()), "seen and held out: " + node);
    return list;
  }

  /** Values as "canonical: one way to say it | another", or scalars that are copied as said. */
  private static List<ListSlot.Value> values(JsonNode node, Map<String, Integer> groups) {
    List<ListSlot.Value> values = new ArrayList<>();
    if (node.isObject()) {
      node.properties()
          .forEach(
              field -> {
                List<String> said = List.of(field.getValue().asText().split(" \\| ", -1));
                int group = groups.getOrDefault(field.getKey(), 0);
                values.add(new ListSlot.Value(field.getKey(), said, group));
              });
    } else if (node.isArray()) {
      node.forEach(item -> values.addAll(values(item, groups)));
    } else {
      values.add(new ListSlot.Value(node.asText(), List.of(node.asText()), 0));
    }
    return values;
  }

  private static Map<String, Integer> groups(JsonNode node) {
    Map<String, Integer> groups = new HashMap<>();
    for (int group = 0; group < node.size(); group++) {
      for (JsonNode member : node.get(group)) {
        groups.put(member.asText(), group);
      }
    }
    return groups;
  }

  private TextSlot text(String name, JsonNode node) {
    check(node.has("seen") && node.has(HELD_OUT), name + " needs seen and held_out");
    return new TextSlot(templates(node.get("seen")), templates(node.get(HELD_OUT)));
  }

  private List<Template> templates(JsonNode node) {
    return lines(node).stream().map(this::template).toList();
  }

  private Template template(String line) {
    Template template = Template.parse(line, slots);
    templates.add(template);
    return template;
  }

  private List<Phrasing> phrasings(PhoneFunction function, JsonNode node, String fixed) {
    List<Phrasing> phrasings = new ArrayList<>();
    node.properties()
        .forEach(
            field -> {
              String kind = field.getKey();
              if (!kind.equals(HELD_OUT) && !kind.equals(FIXED)) {
                lines(field.getValue())
                    .forEach(line -> phrasings.add(phrasing(function, kind, line, fixed)));
              }
            });
    return phrasings;
  }

  private Phrasing phrasing(PhoneFunction function, String kind, String line, String fixed) {
    String[] sides = line.split(" => ", 2);
    Map<String, JsonNode> implied = new LinkedHashMap<>();
    for (String pair : (sides.length == 2 ? sides[1] : fixed).split(", ", -1)) {
      if (!pair.isEmpty()) {
        String[] nameAndValue = pair.split("=", 2);
        implied.put(nameAndValue[0], JsonNodeFactory.instance.textNode(nameAndValue[1]));
      }
    }
    Template template = template(sides[0]);
    check(function.arguments().containsAll(implied.keySet()), "unknown argument in: " + line);
    return new Phrasing(kind, template, implied);
  }

  /** The items of a list, or the lines of a block of text. */
  private static List<String> lines(JsonNode node) {
    List<String> lines = new ArrayList<>();
    if (node.isArray()) {
      node.forEach(item -> lines.add(item.asText()));
    } else {
      node.asText().lines().forEach(lines::add);
    }
    return lines;
  }

  private Map<String, JsonNode> fields(String file) {
    String path = folder + "/" + file;
    try (InputStream in = GrammarReader.class.getResourceAsStream(path)) {
      Map<String, JsonNode> fields = new LinkedHashMap<>();
      YAML.readTree(in).properties().forEach(e -> fields.put(e.getKey(), e.getValue()));
      return fields;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the resource " + path, e);
    }
  }

  private void check(boolean condition, String message) {
    if (!condition) {
      throw new IllegalStateException("assistant/" + folder + ": " + message);
    }
  }
}
