package org.pocketdistill.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;

/** One key of a configuration record. */
record Component(String name, KeyType type, Key key, Method accessor) {
  static Component of(RecordComponent component) {
    Key key = component.getAnnotation(Key.class);
    if (key == null) {
      throw new IllegalArgumentException(
          component.getDeclaringRecord().getName() + ": no @Key on " + component.getName());
    }
    String name = SnakeCaseStrategy.INSTANCE.translate(component.getName());
    KeyType type = KeyType.of(component.getGenericType(), Range.of(key));
    Method accessor = component.getAccessor();
    accessor.setAccessible(true);
    return new Component(name, type, key, accessor);
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
