package org.pocketdistill.template;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** JSON as the values of a template. */
final class JsonValues {
  private JsonValues() {}

  /** The fields of an object as variables; null is None. */
  static Map<String, Value> variables(JsonNode object) {
    Map<String, Value> variables = new HashMap<>();
    object.properties().forEach(f -> variables.put(f.getKey(), of(f.getValue())));
    return variables;
  }

  private static Value of(JsonNode json) {
    return switch (json.getNodeType()) {
      case STRING -> StrValue.of(json.textValue());
      case BOOLEAN -> BoolValue.of(json.booleanValue());
      case NULL -> NoneValue.NONE;
      case NUMBER ->
          json.isIntegralNumber()
              ? new IntValue(json.bigIntegerValue())
              : new FloatValue(json.doubleValue());
      case ARRAY -> list(json);
      case OBJECT -> dict(json);
      default -> throw new Failure("a value of the type " + json.getNodeType());
    };
  }

  private static Value list(JsonNode array) {
    List<Value> items = new ArrayList<>(array.size());
    array.forEach(item -> items.add(of(item)));
    return ListValue.list(items);
  }

  private static Value dict(JsonNode object) {
    Map<Value, Value> entries = new LinkedHashMap<>();
    object.properties().forEach(f -> entries.put(StrValue.of(f.getKey()), of(f.getValue())));
    return new DictValue(entries);
  }
}
