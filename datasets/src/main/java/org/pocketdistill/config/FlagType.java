package org.pocketdistill.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.pocketdistill.config.YamlNode.Scalar;
import org.pocketdistill.config.YamlNode.Style;

/**
 * True or false, in exactly these letters: yes, no, on and off mean different things to parsers.
 */
record FlagType() implements KeyType {
  @Override
  public String expected() {
    return "true or false";
  }

  @Override
  public Object read(YamlNode node, String path, Problems problems) {
    if (node instanceof Scalar scalar && scalar.style() != Style.QUOTED) {
      if (scalar.text().equals("true")) {
        return true;
      }
      if (scalar.text().equals("false")) {
        return false;
      }
    }
    return mistyped(node, path, problems);
  }

  @Override
  public Object placeholder() {
    return false;
  }

  @Override
  public JsonNode write(Object value) {
    return BooleanNode.valueOf((Boolean) value);
  }

  @Override
  public ObjectNode schema(ObjectNode definitions) {
    return JsonNodeFactory.instance.objectNode().put("type", "boolean");
  }
}
