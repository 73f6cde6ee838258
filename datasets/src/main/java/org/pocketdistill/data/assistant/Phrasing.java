package org.pocketdistill.data.assistant;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/**
 * One way to ask for a function.
 *
 * @param kind which {@link Frames} suit it
 * @param template the words
 * @param implied arguments that the words imply, beyond the slots
 */
record Phrasing(String kind, Template template, Map<String, JsonNode> implied) {
  Phrasing {
    implied = Map.copyOf(implied);
  }

  /** Arguments of the call in the function's order: what the slots said, or the words imply. */
  ObjectNode arguments(PhoneFunction function, Map<String, JsonNode> said) {
    ObjectNode arguments = JsonNodeFactory.instance.objectNode();
    for (String name : function.arguments()) {
      JsonNode value = said.getOrDefault(name, implied.get(name));
      if (value != null) {
        arguments.set(name, value);
      }
    }
    return arguments;
  }

  /** Whether it says all arguments of the function without a slot. */
  boolean isFixed(PhoneFunction function) {
    return template.slotNames().isEmpty()
        && !implied.isEmpty()
        && implied.keySet().containsAll(function.arguments());
  }
}
