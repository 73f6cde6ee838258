package org.pocketdistill.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.pocketdistill.config.YamlNode.Mapping;

/** Values of one type by names that the user chooses, in the order of the file. */
record MapType(KeyType value) implements KeyType {
  @Override
  public String expected() {
    return "a mapping of names, each to " + value.expected();
  }

  @Override
  public Object read(YamlNode node, String path, Problems problems) {
    if (!(node instanceof Mapping mapping)) {
      return mistyped(node, path, problems);
    }
    Map<String, Object> values = new LinkedHashMap<>();
    for (Map.Entry<String, YamlNode> entry : mapping.entries().entrySet()) {
      Object read = value.read(entry.getValue(), path + "." + entry.getKey(), problems);
      if (read == null) {
        return null;
      }
      values.put(entry.getKey(), read);
    }
    return Collections.unmodifiableMap(values);
  }

  @Override
  public Object placeholder() {
    return Map.of();
  }

  @Override
  public JsonNode write(Object map) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    ((Map<?, ?>) map).forEach((name, held) -> object.set((String) name, value.write(held)));
    return object;
  }

  @Override
  public ObjectNode schema(ObjectNode definitions) {
    ObjectNode schema = JsonNodeFactory.instance.objectNode().put("type", "object");
    schema.set("additionalProperties", value.schema(definitions));
    return schema;
  }
}
