package org.pocketdistill.config;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * JSON Schema (draft 2020-12) of a configuration record, with which an editor completes and checks
 * a file. Rules across keys ({@link Checked}) are not in it.
 */
public final class JsonSchemaWriter {
  private static final String DRAFT = "https://json-schema.org/draft/2020-12/schema";

  private JsonSchemaWriter() {}

  /** The schema as indented JSON, ending with a line feed. */
  public static String toJson(Class<? extends Record> type, String title) {
    ObjectNode definitions = JsonNodeFactory.instance.objectNode();
    ObjectNode body = new RecordType(type).body(definitions);
    ObjectNode schema = JsonNodeFactory.instance.objectNode();
    schema.put("$schema", DRAFT).put("title", title).setAll(body);
    if (!definitions.isEmpty()) {
      schema.set("$defs", definitions);
    }
    return IndentedJson.text(schema);
  }
}
