package org.pocketdistill.data.assistant;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.time.LocalTime;
import java.util.Map;

/**
 * What a slot puts into an utterance and what that means in the call.
 *
 * @param said the words
 * @param arguments the arguments that these words fill
 * @param freeText whether the words are free text, whose end only the end of the utterance marks
 */
record Filling(String said, Map<String, JsonNode> arguments, boolean freeText) {
  static Filling of(String said, String argument, String value) {
    return new Filling(said, Map.of(argument, JsonNodeFactory.instance.textNode(value)), false);
  }

  static Filling of(String said, String argument, int value) {
    return new Filling(said, Map.of(argument, JsonNodeFactory.instance.numberNode(value)), false);
  }

  static Filling ofDayTime(String said, Day day, LocalTime time) {
    JsonNodeFactory json = JsonNodeFactory.instance;
    return new Filling(
        said,
        Map.of("day", json.textNode(day.key()), "time", json.textNode(time.toString())),
        false);
  }

  static Filling freeText(String argument, String text) {
    return new Filling(text, Map.of(argument, JsonNodeFactory.instance.textNode(text)), true);
  }
}
