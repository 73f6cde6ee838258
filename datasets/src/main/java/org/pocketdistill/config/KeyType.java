package org.pocketdistill.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the value of a key may be: reads it, writes it, describes it to people and to editors. */
sealed interface KeyType
    permits ChoiceType,
        FlagType,
        ListType,
        MapType,
        NumberType,
        OptionalType,
        RecordType,
        TextType,
        WholeNumberType {

  /** What to write, for example {@code a whole number from 1 to 256}. */
  String expected();

  /**
   * The value of a node. What is wrong with the node becomes a problem and a {@link #placeholder}
   * takes its place, so that reading goes on; null where not even that can be built.
   */
  Object read(YamlNode node, String path, Problems problems);

  /** Some allowed value, null if there is none. */
  Object placeholder();

  /** The JSON form of a value. */
  JsonNode write(Object value);

  /** JSON Schema; records are put into {@code definitions} and referred to. */
  ObjectNode schema(ObjectNode definitions);

  /** Reports a value of another type. */
  default Object mistyped(YamlNode node, String path, Problems problems) {
    problems.add(node.place(), path, "expected " + expected() + ", got " + node.describe());
    return placeholder();
  }

  /** The type of a record component or of a part of it. */
  static KeyType of(Type type, Range range) {
    if (type instanceof ParameterizedType generic) {
      Type[] arguments = generic.getActualTypeArguments();
      KeyType inner = of(arguments[arguments.length - 1], range);
      if (generic.getRawType() == List.class) {
        return new ListType(inner);
      }
      if (generic.getRawType() == Map.class && arguments[0] == String.class) {
        return new MapType(inner);
      }
      if (generic.getRawType() == Optional.class) {
        return new OptionalType(inner);
      }
    } else if (type instanceof Class<?> plain) {
      return ofClass(plain, range);
    }
    throw new IllegalArgumentException("no configuration can hold a " + type.getTypeName());
  }

  private static KeyType ofClass(Class<?> type, Range range) {
    if (type == String.class) {
      return new TextType();
    }
    if (type == boolean.class || type == Boolean.class) {
      return new FlagType();
    }
    if (type == double.class || type == Double.class) {
      return new NumberType(range);
    }
    if (type == int.class || type == Integer.class) {
      return new WholeNumberType(range, true);
    }
    if (type == long.class || type == Long.class) {
      return new WholeNumberType(range, false);
    }
    if (type.isEnum()) {
      return ChoiceType.of(type);
    }
    if (type.isRecord()) {
      return new RecordType(type);
    }
    throw new IllegalArgumentException("no configuration can hold a " + type.getName());
  }
}
