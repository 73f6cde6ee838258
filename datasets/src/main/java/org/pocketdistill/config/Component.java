package org.pocketdistill.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;

/**
 * One key of a configuration record.
 *
 * @param accessors to be called one after the other; several where the key is that of a record in
 *     the record
 */
record Component(String name, KeyType type, Key key, List<Method> accessors) {
  static Component of(RecordComponent component) {
    Key key = component.getAnnotation(Key.class);
    if (key == null) {
      throw new IllegalArgumentException(
          component.getDeclaringRecord().getName() + ": no @Key on " + component.getName());
    }
    String name = SnakeCaseStrategy.INSTANCE.translate(component.getName());
    KeyType type = KeyType.of(component.getGenericType(), Range.of(key));
    return new Component(name, type, key, List.of(accessor(component)));
  }

  private static Method accessor(RecordComponent component) {
    Method accessor = component.getAccessor();
    accessor.setAccessible(true);
    return accessor;
  }

  /** The same key of a record that is itself a component of another. */
  Component within(RecordComponent outer) {
    List<Method> all = new ArrayList<>(List.of(accessor(outer)));
    all.addAll(accessors);
    return new Component(name, type, key, List.copyOf(all));
  }

  /** The value of this key in a record. */
  Object of(Object record) {
    Object value = record;
    try {
      for (Method accessor : accessors) {
        value = accessor.invoke(value);
      }
      return value;
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("reading " + name + " of " + record, e);
    }
  }

  boolean isRequired() {
    return key.defaultValue().isEmpty() && !(type instanceof OptionalType);
  }

  /** The value of a key that was left out. */
  Object defaultValue() {
    if (type instanceof OptionalType && key.defaultValue().isEmpty()) {
      return type.placeholder();
    }
    Problems problems = new Problems();
    Object value =
        YamlTreeReader.read("@Key of " + name, key.defaultValue(), problems)
            .map(node -> type.read(node, name, problems))
            .orElse(null);
    if (!problems.isEmpty()) {
      throw new IllegalStateException("wrong default value: " + problems.sorted());
    }
    return value;
  }

  /** The default as JSON; a record whose keys all have defaults is just an empty object. */
  JsonNode defaultJson() {
    return key.defaultValue().equals("{}")
        ? JsonNodeFactory.instance.objectNode()
        : type.write(defaultValue());
  }
}
