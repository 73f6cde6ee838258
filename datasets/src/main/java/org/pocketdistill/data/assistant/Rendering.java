package org.pocketdistill.data.assistant;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.TreeMap;

/** A phrasing with its slots filled: the words, and what they mean. For one thread. */
final class Rendering {
  private final StringBuilder text = new StringBuilder();
  private final Map<String, JsonNode> arguments = new TreeMap<>();
  private final Map<String, JsonNode> saidOnly = new TreeMap<>();
  private boolean startsWithSlot;
  private boolean endsWithFreeText;

  void literal(String words) {
    if (!words.isEmpty()) {
      text.append(words);
      endsWithFreeText = false;
    }
  }

  /** Words that fill arguments of the call. */
  void argument(Filling filling) {
    startsWithSlot |= text.isEmpty();
    text.append(filling.said());
    endsWithFreeText = filling.freeText();
    arguments.putAll(filling.arguments());
  }

  /** Words that are not part of the call. */
  void saidOnly(Filling filling) {
    text.append(filling.said());
    endsWithFreeText = false;
    saidOnly.putAll(filling.arguments());
  }

  String text() {
    return text.toString();
  }

  /** The arguments of the call by name. */
  Map<String, JsonNode> arguments() {
    return arguments;
  }

  /** The slots that were said and are not part of the call. */
  Map<String, JsonNode> saidOnly() {
    return saidOnly;
  }

  /** Whether the first word belongs to a value, so that its case must stay. */
  boolean startsWithSlot() {
    return startsWithSlot;
  }

  /** Whether words added at the end would read as part of a value. */
  boolean endsWithFreeText() {
    return endsWithFreeText;
  }
}
