package org.pocketdistill.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.ObjectMapper;
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
    DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
    Separators separators =
        Separators.createDefaultInstance()
            .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
            .withObjectEmptySeparator("")
            .withArrayEmptySeparator("");
    DefaultPrettyPrinter printer =
        new DefaultPrettyPrinter(separators)
            .withObjectIndenter(indenter)
            .withArrayIndenter(indenter);
    try {
      return new ObjectMapper().writer(printer).writeValueAsString(schema) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("writing the schema of " + type.getName(), e);
    }
  }
}
