package org.pocketdistill.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.util.Map;
import java.util.OptionalLong;
import org.pocketdistill.config.YamlNode.Scalar;

/** A whole number of 32 or 64 bits; one of 64 bits may end in K, M or B, as in {@code 60M}. */
record WholeNumberType(Range range, boolean is32Bit) implements KeyType {
  private static final int LONGEST = 40;
  private static final String WITH_SUFFIX = "[0-9]+(\\.[0-9]+)?[KMB]";
  private static final Map<Character, Integer> EXPONENTS = Map.of('K', 3, 'M', 6, 'B', 9);

  @Override
  public String expected() {
    return "a whole number" + range.describe();
  }

  @Override
  public Object read(YamlNode node, String path, Problems problems) {
    if (!NumberType.isNumber(node) && !hasSuffix(node)) {
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

  private boolean hasSuffix(YamlNode node) {
    return !is32Bit && node instanceof Scalar scalar && scalar.text().matches(WITH_SUFFIX);
  }

  private static OptionalLong parse(String text) {
    if (text.isEmpty() || text.length() > LONGEST) {
      return OptionalLong.empty();
    }
    int last = text.length() - 1;
    Integer exponent = EXPONENTS.get(text.charAt(last));
    try {
      BigDecimal number =
          exponent == null
              ? new BigDecimal(text)
              : new BigDecimal(text.substring(0, last)).scaleByPowerOfTen(exponent);
      return OptionalLong.of(number.longValueExact());
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
    ObjectNode schema = JsonNodeFactory.instance.objectNode();
    if (is32Bit) {
      schema.put("type", "integer");
    } else {
      schema.putArray("type").add("integer").add("string");
      schema.put("pattern", "^" + WITH_SUFFIX + "$");
    }
    range.writeTo(schema);
    return schema;
  }
}
