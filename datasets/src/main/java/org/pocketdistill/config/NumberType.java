package org.pocketdistill.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.regex.Pattern;
import org.pocketdistill.config.YamlNode.Scalar;
import org.pocketdistill.config.YamlNode.Style;

/** A finite number. */
record NumberType(Range range) implements KeyType {
  // The numbers of YAML 1.2; YAML 1.1 takes 1e-8 for text.
  private static final Pattern NUMBER =
      Pattern.compile("[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?");

  /** Whether a plain scalar is a number. */
  static boolean isNumber(String text) {
    return NUMBER.matcher(text).matches();
  }

  /** Whether a node can be read as a number. */
  static boolean isNumber(YamlNode node) {
    return node instanceof Scalar scalar
        && scalar.style() != Style.QUOTED
        && isNumber(scalar.text());
  }

  @Override
  public String expected() {
    return "a number" + range.describe();
  }

  @Override
  public Object read(YamlNode node, String path, Problems problems) {
    if (!isNumber(node)) {
      return mistyped(node, path, problems);
    }
    double value = Double.parseDouble(((Scalar) node).text());
    if (Double.isInfinite(value) || !range.contains(value)) {
      return mistyped(node, path, problems);
    }
    return value;
  }

  @Override
  public Object placeholder() {
    return range.nearestToZero();
  }

  @Override
  public JsonNode write(Object value) {
    return Range.number((Double) value);
  }

  @Override
  public ObjectNode schema(ObjectNode definitions) {
    ObjectNode schema = JsonNodeFactory.instance.objectNode().put("type", "number");
    range.writeTo(schema);
    return schema;
  }
}
