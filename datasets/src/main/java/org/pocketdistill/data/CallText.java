package org.pocketdistill.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/** The JSON text of function calls, from the ways in which files write them. */
final class CallText {
  private CallText() {}

  /**
   * The text of one call or a list of calls: that of {@link FunctionCall#toJson()}, several as a
   * JSON list. A call may lie in a {@code function} object (OpenAI's shape) or not.
   *
   * @param where the field, for messages
   */
  static String of(JsonNode calls, String where) throws BadRowException {
    if (!calls.isArray()) {
      return call(calls, where).toJson();
    }
    List<String> texts = new ArrayList<>();
    for (JsonNode each : calls) {
      texts.add(call(each, where).toJson());
    }
    return texts.size() == 1 ? texts.get(0) : "[" + String.join(",", texts) + "]";
  }

  /**
   * Arguments as an object: an object as it is, or a list of {@code {"name":…,"value":…}}, in which
   * the values of a name that occurs again become a list, in their order.
   */
  static ObjectNode arguments(JsonNode value, String where) throws BadRowException {
    if (value.isObject()) {
      return (ObjectNode) value;
    }
    if (!value.isArray()) {
      throw new BadRowException(
          where + ": expected an object or a list of {name, value}, found " + Row.kindOf(value));
    }
    ObjectNode arguments = JsonNodeFactory.instance.objectNode();
    ObjectNode repeated = JsonNodeFactory.instance.objectNode();
    for (JsonNode each : value) {
      JsonNode slot = each.get("value");
      if (!each.path("name").isTextual() || slot == null) {
        throw new BadRowException(
            where + ": expected {\"name\": string, \"value\": …}, found " + shown(each));
      }
      String name = each.get("name").textValue();
      if (repeated.has(name)) {
        repeated.withArray(name).add(slot);
      } else if (arguments.has(name)) {
        ArrayNode both = repeated.putArray(name).add(arguments.get(name)).add(slot);
        arguments.set(name, both);
      } else {
        arguments.set(name, slot);
      }
    }
    return arguments;
  }

  private static FunctionCall call(JsonNode node, String where) throws BadRowException {
    JsonNode call = node.path("function").isObject() ? node.get("function") : node;
    if (!call.path("name").isTextual()) {
      throw new BadRowException(
          where
              + ": expected a call {\"name\": string, \"arguments\": object}, found "
              + shown(node));
    }
    JsonNode arguments = call.path("arguments");
    if (arguments.isTextual() && !arguments.textValue().isBlank()) {
      arguments = Row.parseJson(arguments.textValue());
    } else if (arguments.isMissingNode() || arguments.isNull() || arguments.isTextual()) {
      arguments = JsonNodeFactory.instance.objectNode();
    }
    if (!arguments.isObject()) {
      throw new BadRowException(
          where + ": expected the call's arguments as an object, found " + shown(arguments));
    }
    return new FunctionCall(call.get("name").textValue(), (ObjectNode) arguments);
  }

  private static String shown(JsonNode node) {
    return Row.kindOf(node) + ": " + Excerpt.of(node.toString());
  }
}
