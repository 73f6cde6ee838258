package org.pocketdistill.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The tools of a row: a list of objects, or its JSON text. */
final class ToolList {
  static final String FIELD = "tools";

  private ToolList() {}

  static List<JsonNode> of(Row row) throws BadRowException {
    Optional<JsonNode> given = row.find(FIELD);
    if (given.isEmpty() || (given.get().isTextual() && given.get().textValue().isBlank())) {
      return List.of();
    }
    JsonNode list = given.get().isTextual() ? Row.parseJson(given.get().textValue()) : given.get();
    List<JsonNode> tools = new ArrayList<>();
    for (JsonNode tool : list) {
      if (!tool.isObject()) {
        throw row.mistyped(FIELD, "a list of objects, or its JSON text", tool);
      }
      RowParser.requireWellFormed(tool.toString());
      tools.add(tool);
    }
    if (!list.isArray()) {
      throw row.mistyped(FIELD, "a list of objects, or its JSON text", list);
    }
    return tools;
  }
}
