package org.pocketdistill.data.assistant;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Text with slots and choices: {@code {slot}}, {@code {argument:slot}}, {@code {~slot}} for a slot
 * that is said and not part of the call, {@code (a|b)} for one of several, {@code [a]} for what may
 * be left out. Slots are looked up when the text is rendered, because texts refer to each other.
 */
final class Template {
  private sealed interface Part permits Literal, Reference, Choice {}

  private record Literal(String words) implements Part {}

  private record Reference(String argument, String slot, boolean saidOnly) implements Part {}

  private record Choice(List<List<Part>> alternatives) implements Part {}

  private final String source;
  private final List<Part> parts;
  private final Map<String, Slot> slots;

  private Template(String source, List<Part> parts, Map<String, Slot> slots) {
    this.source = source;
    this.parts = parts;
    this.slots = slots;
  }

  /**
   * Reads a template.
   *
   * @param slots where its slots will be found; may still be filled afterwards
   * @throws IllegalArgumentException if a bracket is not closed
   */
  static Template parse(String source, Map<String, Slot> slots) {
    Parser parser = new Parser(source);
    List<Part> parts = parser.sequence("");
    if (!parser.atEnd()) {
      throw new IllegalArgumentException("unexpected bracket in the phrasing: " + source);
    }
    return new Template(source, parts, slots);
  }

  /** Appends the text with every slot filled by {@code draw}. */
  void render(Draw draw, Rendering out) {
    render(parts, draw, out);
  }

  /** Names of the slots it refers to. */
  List<String> slotNames() {
    return slotNames(parts).toList();
  }

  @Override
  public String toString() {
    return source;
  }

  private void render(List<Part> sequence, Draw draw, Rendering out) {
    for (Part part : sequence) {
      if (part instanceof Literal literal) {
        out.literal(literal.words());
      } else if (part instanceof Choice choice) {
        render(draw.oneOf(choice.alternatives()), draw, out);
      } else if (part instanceof Reference reference) {
        Filling filling = slots.get(reference.slot()).fill(reference.argument(), draw);
        if (reference.saidOnly()) {
          out.saidOnly(filling);
        } else {
          out.argument(filling);
        }
      }
    }
  }

  private static Stream<String> slotNames(List<Part> sequence) {
    return sequence.stream()
        .flatMap(
            part -> {
              if (part instanceof Choice choice) {
                return choice.alternatives().stream().flatMap(Template::slotNames);
              }
              return part instanceof Reference r ? Stream.of(r.slot()) : Stream.empty();
            });
  }

  private static final class Parser {
    private final String source;
    private int position;

    Parser(String source) {
      this.source = source;
    }

    boolean atEnd() {
      return position == source.length();
    }

    /** Parts up to one of the {@code ends} or the end of the source. */
    List<Part> sequence(String ends) {
      List<Part> parts = new ArrayList<>();
      while (!atEnd() && ends.indexOf(source.charAt(position)) < 0) {
        char c = source.charAt(position);
        switch (c) {
          case '{' -> parts.add(reference());
          case '(' -> parts.add(new Choice(alternatives(')')));
          case '[' -> {
            List<List<Part>> alternatives = alternatives(']');
            alternatives.add(List.of());
            parts.add(new Choice(alternatives));
          }
          case ')', ']', '}', '|' ->
              throw new IllegalArgumentException("unexpected bracket in the phrasing: " + source);
          default -> parts.add(literal());
        }
      }
      return parts;
    }

    private Reference reference() {
      int end = source.indexOf('}', position);
      if (end < 0) {
        throw new IllegalArgumentException("a slot is not closed in the phrasing: " + source);
      }
      String name = source.substring(position + 1, end);
      position = end + 1;
      boolean saidOnly = name.startsWith("~");
      String[] names = (saidOnly ? name.substring(1) : name).split(":", 2);
      return new Reference(names[0], names[names.length - 1], saidOnly);
    }

    private List<List<Part>> alternatives(char close) {
      List<List<Part>> alternatives = new ArrayList<>();
      do {
        position++;
        alternatives.add(sequence("|" + close));
      } while (!atEnd() && source.charAt(position) == '|');
      if (atEnd()) {
        throw new IllegalArgumentException("a bracket is not closed in the phrasing: " + source);
      }
      position++;
      return alternatives;
    }

    private Literal literal() {
      int start = position;
      while (!atEnd() && "{}()[]|".indexOf(source.charAt(position)) < 0) {
        position++;
      }
      return new Literal(source.substring(start, position));
    }
  }
}
