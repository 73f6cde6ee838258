package org.pocketdistill.data.assistant;

import com.fasterxml.jackson.databind.JsonNode;
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
}
