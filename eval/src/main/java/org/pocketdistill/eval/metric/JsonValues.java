package org.pocketdistill.eval.metric;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BigIntegerNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;

/** Equality of JSON values: order of keys and the way a number is written do not matter. */
final class JsonValues {
  /** Integers up to here are exact as a double, so that 5.0 and 5 can be one value. */
  private static final double LARGEST_EXACT = 0x1p53;

  private JsonValues() {}

  /** A copy in which equal numbers are equal nodes; compare copies with {@code equals}. */
  static JsonNode canonical(JsonNode node) {
    if (node.isObject()) {
      ObjectNode copy = JsonNodeFactory.instance.objectNode();
      node.properties().forEach(e -> copy.set(e.getKey(), canonical(e.getValue())));
      return copy;
    }
    if (node.isArray()) {
      ArrayNode copy = JsonNodeFactory.instance.arrayNode(node.size());
      node.forEach(element -> copy.add(canonical(element)));
      return copy;
    }
    return node.isNumber() ? number(node) : node;
  }

  private static JsonNode number(JsonNode node) {
    if (node.isIntegralNumber()) {
      return BigIntegerNode.valueOf(node.bigIntegerValue());
    }
    double value = node.doubleValue();
    if (value == Math.rint(value) && Math.abs(value) <= LARGEST_EXACT) {
      return BigIntegerNode.valueOf(BigDecimal.valueOf(value).toBigInteger());
    }
    return DoubleNode.valueOf(value);
  }
}
