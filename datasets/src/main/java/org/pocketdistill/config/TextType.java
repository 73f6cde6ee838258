package org.pocketdistill.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.Locale;
import org.pocketdistill.config.YamlNode.Scalar;
import org.pocketdistill.config.YamlNode.Style;

/** Any text. */
record TextType() implements KeyType {
  @Override
  public String expected() {
    return "text";
  }

  @Override
  public Object read(YamlNode node, String path, Problems problems) {
    if (!(node instanceof Scalar scalar) || scalar.isNull()) {
      return mistyped(node, path, problems);
    }
    if (scalar.text().indexOf(0) >= 0) {
      problems.add(node.place(), path, "expected text without the character NUL");
      return placeholder();
    }
    if (scalar.style() == Style.PLAIN && isNumberOrFlag(scalar.text())) {
      problems.add(
          node.place(),
          path,
          "expected text, got "
              + (NumberType.isNumber(scalar.text()) ? "the number " : "")
              + scalar.text()
              + "; put it in quotes");
    }
    return scalar.text();
  }

  private static boolean isNumberOrFlag(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    return NumberType.isNumber(text) || lower.equals("true") || lower.equals("false");
  }

  @Override
  public Object placeholder() {
    return "";
  }

  @Override
  public JsonNode write(Object value) {
    return TextNode.valueOf((String) value);
  }

  @Override
  public ObjectNode schema(ObjectNode definitions) {
    return JsonNodeFactory.instance.objectNode().put("type", "string");
  }
}
