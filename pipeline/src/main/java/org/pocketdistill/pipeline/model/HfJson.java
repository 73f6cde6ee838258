package org.pocketdistill.pipeline.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.pocketdistill.data.DataException;

/** An object of config.json; its getters complain with file, key, value and expectation. */
record HfJson(Path file, JsonNode object) {
  private static final int LONGEST_VALUE = 200;

  /** Whether the key is there and not null. */
  boolean has(String key) {
    return object.hasNonNull(key);
  }

  JsonNode get(String key) {
    return object.path(key);
  }

  HfJson child(String key) {
    JsonNode node = get(key);
    if (!node.isObject()) {
      throw bad(key, "an object");
    }
    return new HfJson(file, node);
  }

  int positiveInt(String key) {
    JsonNode node = get(key);
    if (!node.isIntegralNumber() || !node.canConvertToInt() || node.intValue() < 1) {
      throw bad(key, "a whole number from 1 to 2147483647");
    }
    return node.intValue();
  }

  int positiveInt(String key, int defaultValue) {
    return has(key) ? positiveInt(key) : defaultValue;
  }

  double positiveDouble(String key) {
    JsonNode node = get(key);
    double value = node.doubleValue();
    if (!node.isNumber() || !(value > 0) || Double.isInfinite(value)) {
      throw bad(key, "a number above 0");
    }
    return value;
  }

  double positiveDouble(String key, double defaultValue) {
    return has(key) ? positiveDouble(key) : defaultValue;
  }

  boolean flag(String key, boolean defaultValue) {
    if (!has(key)) {
      return defaultValue;
    }
    if (!get(key).isBoolean()) {
      throw bad(key, "true or false");
    }
    return get(key).booleanValue();
  }

  /** An id; {@code absent} if the key is missing, none if it is null, or -1 as in old files. */
  OptionalInt tokenId(String key, OptionalInt absent) {
    if (!has(key)) {
      return get(key).isMissingNode() ? absent : OptionalInt.empty();
    }
    int id = tokenId(key, get(key));
    return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /** One id or a list of them; {@code absent} if the key is missing. */
  List<Integer> tokenIds(String key, OptionalInt absent) {
    if (!get(key).isArray()) {
      return tokenId(key, absent).stream().boxed().toList();
    }
    List<Integer> ids = new ArrayList<>();
    for (JsonNode node : get(key)) {
      int id = tokenId(key, node);
      if (id >= 0 && !ids.contains(id)) {
        ids.add(id);
      }
    }
    return ids;
  }

  private int tokenId(String key, JsonNode node) {
    if (!node.isIntegralNumber() || !node.canConvertToInt()) {
      throw bad(key, "a token id");
    }
    return node.intValue();
  }

  /** An error about the value of a key, or its absence. */
  DataException bad(String key, String expected) {
    JsonNode node = get(key);
    String text = node.toString();
    String found =
        node.isMissingNode()
            ? "missing"
            : text.length() <= LONGEST_VALUE ? text : text.substring(0, LONGEST_VALUE) + "…";
    return new DataException("%s: %s: %s, expected %s".formatted(file, key, found, expected));
  }
}
