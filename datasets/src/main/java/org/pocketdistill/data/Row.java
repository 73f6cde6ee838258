package org.pocketdistill.data;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** A JSON object of a file, asked by the shape's field names; says what is wrong with a field. */
final class Row {
  /** Bounds the memory of a tree; a row of the longest conversations has some thousands. */
  private static final long MAX_TOKENS = 1_000_000;

  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxTokenCount(MAX_TOKENS).build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  /** Jackson's note where an object began, in a line that is known. */
  private static final Pattern START_MARKER = Pattern.compile(" \\(start marker.*", Pattern.DOTALL);

  private final JsonNode json;
  private final Map<String, String> names;
  private final String place;

  private Row(JsonNode json, Map<String, String> names, String place) {
    this.json = json;
    this.names = names;
    this.place = place;
  }

  /**
   * Reads a line.
   *
   * @param names the file's name of a field, where it is not the shape's
   */
  static Row parse(String line, Map<String, String> names) throws BadRowException {
    JsonNode json = parseJson(line);
    if (!json.isObject()) {
      throw new BadRowException("expected a JSON object, found " + kindOf(json));
    }
    return new Row(json, names, "");
  }

  /** JSON text as a tree. */
  static JsonNode parseJson(String text) throws BadRowException {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      String where = e.getLocation() == null ? "" : " at column " + e.getLocation().getColumnNr();
      String hint =
          text.stripLeading().startsWith("[")
              ? "; JSON Lines has one object a line, this looks like a file that is one JSON array"
              : "";
      String reason = START_MARKER.matcher(e.getOriginalMessage()).replaceFirst("");
      throw new BadRowException("not JSON" + where + ": " + Excerpt.of(reason) + hint);
    }
  }

  /** What a value is, with its article, for messages. */
  static String kindOf(JsonNode value) {
    return switch (value.getNodeType()) {
      case OBJECT -> "an object";
      case ARRAY -> "a list";
      case STRING -> "a string";
      case NUMBER -> "a number";
      default -> value.asText(value.getNodeType().name().toLowerCase(Locale.ROOT));
    };
  }

  /** The value of a field; empty if it is missing or null. */
  Optional<JsonNode> find(String field) {
    return Optional.ofNullable(json.get(nameOf(field))).filter(value -> !value.isNull());
  }

  /** The value of a field that must be there. */
  JsonNode get(String field, String expected) throws BadRowException {
    JsonNode value = json.get(nameOf(field));
    if (value == null) {
      List<String> present = new ArrayList<>();
      json.fieldNames().forEachRemaining(present::add);
      throw new BadRowException(
          String.format(
              "expected the field %s (%s); %s has: %s",
              describe(field),
              expected,
              place.isEmpty() ? "the row" : place,
              Excerpt.ofNames(present)));
    }
    return value;
  }

  /** The text of a field that must be there. */
  String text(String field) throws BadRowException {
    JsonNode value = get(field, "a string");
    if (!value.isTextual()) {
      throw mistyped(field, "a string", value);
    }
    return value.textValue();
  }

  /** The text of a field that must be there and not be blank. */
  String words(String field) throws BadRowException {
    String text = text(field);
    if (text.isBlank()) {
      throw new BadRowException("the field " + describe(field) + " is empty");
    }
    return text;
  }

  /** The text of a field, empty if it is missing or null. */
  String textOrEmpty(String field) throws BadRowException {
    return find(field).isPresent() ? text(field) : "";
  }

  /** The text of a field that may also be a number or a boolean; empty if missing, null or "". */
  Optional<String> label(String field) throws BadRowException {
    Optional<JsonNode> value = find(field);
    if (value.isPresent() && !value.get().isValueNode()) {
      throw mistyped(field, "a string or a number", value.get());
    }
    return value.map(JsonNode::asText).filter(text -> !text.isEmpty());
  }

  /** The objects of a list that must be there, as rows with the same names. */
  List<Row> rows(String field) throws BadRowException {
    JsonNode list = get(field, "a list of objects");
    if (!list.isArray()) {
      throw mistyped(field, "a list of objects", list);
    }
    List<Row> rows = new ArrayList<>();
    for (JsonNode element : list) {
      String where = place + nameOf(field) + "[" + rows.size() + "]";
      if (!element.isObject()) {
        throw new BadRowException(where + ": expected an object, found " + kindOf(element));
      }
      rows.add(new Row(element, names, where));
    }
    return rows;
  }

  BadRowException mistyped(String field, String expected, JsonNode found) {
    return new BadRowException(
        String.format(
            "the field %s: expected %s, found %s: %s",
            describe(field), expected, kindOf(found), Excerpt.of(found.toString())));
  }

  /** The field as it is called in the file, with its place. */
  String describe(String field) {
    String path = place.isEmpty() ? nameOf(field) : place + "." + nameOf(field);
    return "'" + path + "'";
  }

  private String nameOf(String field) {
    return names.getOrDefault(field, field);
  }
}
