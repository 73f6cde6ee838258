package org.pocketdistill.pipeline.gguf;

import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Predicate;
import org.pocketdistill.data.DataException;

/**
 * The keys and values of a GGUF file. Its getters give nothing where a key is absent, and complain
 * with file, key, value and expectation where it holds something else.
 */
public final class GgufMetadata {
  private final Path file;
  private final Map<String, Object> values;

  GgufMetadata(Path file, Map<String, Object> values) {
    this.file = file;
    this.values = Collections.unmodifiableMap(values);
  }

  /** All keys, in the order of the file. */
  public Set<String> keys() {
    return values.keySet();
  }

  /** Whether the key is there. */
  public boolean has(String key) {
    return values.containsKey(key);
  }

  /** A string. */
  public Optional<String> text(String key) {
    return find(key, String.class, "a string");
  }

  /** A whole number of any width. */
  public OptionalLong whole(String key) {
    Optional<Long> value = find(key, Long.class, "a whole number");
    return value.isPresent() ? OptionalLong.of(value.get()) : OptionalLong.empty();
  }

  /** A number, whole or not. */
  public OptionalDouble number(String key) {
    if (values.get(key) instanceof Long whole) {
      return OptionalDouble.of(whole);
    }
    Optional<Double> value = find(key, Double.class, "a number");
    return value.isPresent() ? OptionalDouble.of(value.get()) : OptionalDouble.empty();
  }

  /** True or false. */
  public Optional<Boolean> flag(String key) {
    return find(key, Boolean.class, "true or false");
  }

  /** An array of strings; empty if the key is absent. */
  public List<String> texts(String key) {
    return elements(key, type -> type == GgufValueType.STRING, "an array of strings").stream()
        .map(String.class::cast)
        .toList();
  }

  /** An array of whole numbers that fit an int; empty if the key is absent. */
  public List<Integer> wholes(String key) {
    return elements(key, GgufValueType::isWhole, "an array of whole numbers").stream()
        .map(element -> toInt(key, (Long) element))
        .toList();
  }

  private int toInt(String key, long element) {
    if (element != (int) element) {
      throw bad(key, "elements from -2147483648 to 2147483647, found " + element);
    }
    return (int) element;
  }

  /** An array of numbers; empty if the key is absent. */
  public List<Float> numbers(String key) {
    return elements(key, GgufValueType::isNumber, "an array of numbers").stream()
        .map(element -> ((Number) element).floatValue())
        .toList();
  }

  private List<Object> elements(String key, Predicate<GgufValueType> wanted, String expected) {
    Optional<GgufArray> array = find(key, GgufArray.class, expected);
    if (array.isEmpty()) {
      return List.of();
    }
    if (!wanted.test(array.get().type())) {
      throw bad(key, expected);
    }
    return GgufCursor.elements(file, what(key), array.get());
  }

  private <T> Optional<T> find(String key, Class<T> type, String expected) {
    Object value = values.get(key);
    if (value == null) {
      return Optional.empty();
    }
    if (!type.isInstance(value)) {
      throw bad(key, expected);
    }
    return Optional.of(type.cast(value));
  }

  /** An error about the value of a key, or its absence. */
  public DataException bad(String key, String expected) {
    Object value = values.get(key);
    String found;
    if (value == null) {
      found = "missing";
    } else if (value instanceof String text) {
      found = "'" + GgufCursor.excerpt(text) + "'";
    } else {
      found = value.toString();
    }
    return new DataException("%s: %s: %s, expected %s".formatted(file, what(key), found, expected));
  }

  static String what(String key) {
    return "metadata '" + GgufCursor.excerpt(key) + "'";
  }
}
