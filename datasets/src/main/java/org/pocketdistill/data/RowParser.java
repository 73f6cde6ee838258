package org.pocketdistill.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.pocketdistill.data.RowShape.Content;

/** Turns a line of one source into an example. */
final class RowParser {
  private final RowShape shape;
  private final Map<String, String> names;
  private final String group;
  private final Optional<ReasoningRule> reasoning;

  /**
   * A parser.
   *
   * @param names the file's name of a field, where it is not the shape's
   * @param group label for all rows; if empty, a row's own {@code group}
   * @param reasoning how traces are read; empty for rows whose traces stand apart already
   */
  RowParser(
      RowShape shape, Map<String, String> names, String group, Optional<ReasoningRule> reasoning) {
    this.shape = shape;
    this.names = Map.copyOf(names);
    this.group = group;
    this.reasoning = reasoning;
  }

  /**
   * The example on a line.
   *
   * @param fallbackId id of a row that has none
   */
  Example parse(String line, String fallbackId) throws BadRowException {
    Row row = Row.parse(line, names);
    String id = row.label("id").orElse(fallbackId);
    String label = group.isEmpty() ? row.label("group").orElse("") : group;
    Content content = withTracesApart(shape.read(row));
    requireWellFormed(id);
    requireWellFormed(label);
    requireWellFormed(content.text());
    for (Message message : content.messages()) {
      requireWellFormed(message.content());
      requireWellFormed(message.reasoning());
    }
    for (String choice : content.choice().map(MultipleChoice::choices).orElse(List.of())) {
      requireWellFormed(choice);
    }
    List<JsonNode> tools = content.messages().isEmpty() ? List.of() : ToolList.of(row);
    return new Example(id, content.messages(), content.text(), label, tools, content.choice());
  }

  private Content withTracesApart(Content content) throws BadRowException {
    if (reasoning.isEmpty() || content.choice().isPresent()) {
      return content;
    }
    List<Message> messages = new ArrayList<>();
    for (Message message : content.messages()) {
      messages.add(reasoning.get().apply(message));
    }
    return new Content(messages, reasoning.get().checkedText(content.text()));
  }

  /** Half of a surrogate pair, which JSON can escape, has no UTF-8 form. */
  static void requireWellFormed(String text) throws BadRowException {
    OptionalInt half =
        text.codePoints()
            .filter(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE)
            .findFirst();
    if (half.isPresent()) {
      throw new BadRowException(
          String.format("the text holds half of a surrogate pair, \\u%04x", half.getAsInt()));
    }
  }
}
