package org.pocketdistill.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.util.OptionalLong;
import org.pocketdistill.config.YamlNode.Scalar;

/** A whole number of 32 or 64 bits. */
record WholeNumberType(Range range, boolean is32Bit) implements KeyType {
  private static final int LONGEST = 40;

  @Override
  public String expected() {
    return "a whole number" + range.describe();
  }

  @Override
  public Object read(YamlNode node, String path, Problems problems) {
    if (!NumberType.isNumber(node)) {
      return mistyped(node, path, problems);
    }
    OptionalLong number = parse(((Scalar) node).text());
    if (number.isEmpty()) {
      return mistyped(node, path, problems);
    }
    long value = number.getAsLong();
    if (!range.contains((double) value)) {
      return mistyped(node, path, problems);
    }
    if (is32Bit && value != (int) value) {
      problems.add(
          node.place(), path, "expected at most " + Integer.MAX_VALUE + ", got '" + value + "'");
      return placeholder();
    }
    return box(value);
  }

  private static OptionalLong parse(String text) {
    if (text.length() > LONGEST) {
      return OptionalLong.empty();
    }
    try {
      return OptionalLong.of(new BigDecimal(text).longValueExact());
    } catch (ArithmeticException | NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  @Override
  public Object placeholder() {
    return box((long) range.nearestToZero());
  }

  private Object box(long value) {
    // Not a conditional expression, which would make both a Long.
    if (is32Bit) {
      return (int) value;
    }
    return value;
  }

  @Override
  public JsonNode write(Object value) {
    return LongNode.valueOf(((Number) value).longValue());
  }

  @Override
  public ObjectNode schema(ObjectNode definitions) {
    ObjectNode schema = JsonNodeFactory.instance.objectNode().put("type", "integer");
    range.writeTo(schema);
    return schema;
  }
}
