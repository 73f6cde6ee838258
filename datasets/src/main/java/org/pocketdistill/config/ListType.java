package org.pocketdistill.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.pocketdistill.config.YamlNode.Sequence;

/** A list of values of one type. */
record ListType(KeyType item) implements KeyType {
  @Override
  public String expected() {
    return "a list, each " + item.expected();
  }

  @Override
  public Object read(YamlNode node, String path, Problems problems) {
    if (!(node instanceof Sequence list)) {
      return mistyped(node, path, problems);
    }
    List<Object> values = new ArrayList<>();
    for (YamlNode element : list.items()) {
      Object value = item.read(element, path + "." + values.size(), problems);
      if (value == null) {
        return null;
      }
      values.add(value);
    }
    return List.copyOf(values);
  }

  @Override
  public Object placeholder() {
    return List.of();
  }

  @Override
  public JsonNode write(Object value) {
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    ((List<?>) value).forEach(element -> array.add(item.write(element)));
    return array;
  }

  @Override
  public ObjectNode schema(ObjectNode definitions) {
    ObjectNode schema = JsonNodeFactory.instance.objectNode().put("type", "array");
    schema.set("items", item.schema(definitions));
    return schema;
  }
}
