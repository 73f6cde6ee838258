package org.pocketdistill.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.pocketdistill.config.YamlNode.Scalar;

/** One constant of an enum, by its name in lower case. */
record ChoiceType(Map<String, Object> constants) implements KeyType {
  static ChoiceType of(Class<?> type) {
    Map<String, Object> constants = new LinkedHashMap<>();
    for (Object constant : type.getEnumConstants()) {
      constants.put(name(constant), constant);
    }
    return new ChoiceType(Collections.unmodifiableMap(constants));
  }

  private static String name(Object constant) {
    return ((Enum<?>) constant).name().toLowerCase(Locale.ROOT);
  }

  @Override
  public String expected() {
    return "one of " + String.join(", ", constants.keySet());
  }

  @Override
  public Object read(YamlNode node, String path, Problems problems) {
    if (!(node instanceof Scalar scalar) || scalar.isNull()) {
      return mistyped(node, path, problems);
    }
    Object constant = constants.get(scalar.text());
    if (constant != null) {
      return constant;
    }
    String hint =
        Nearest.to(scalar.text(), constants.keySet())
            .map(nearest -> "; did you mean '" + nearest + "'?")
            .orElse("");
    problems.add(node.place(), path, "expected " + expected() + ", got " + node.describe() + hint);
    return placeholder();
  }

  @Override
  public Object placeholder() {
    return constants.values().iterator().next();
  }

  @Override
  public JsonNode write(Object value) {
    return TextNode.valueOf(name(value));
  }

  @Override
  public ObjectNode schema(ObjectNode definitions) {
    ObjectNode schema = JsonNodeFactory.instance.objectNode().put("type", "string");
    ArrayNode names = schema.putArray("enum");
    constants.keySet().forEach(names::add);
    return schema;
  }
}
