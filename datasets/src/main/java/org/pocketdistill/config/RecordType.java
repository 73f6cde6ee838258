package org.pocketdistill.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.pocketdistill.config.YamlNode.Mapping;

/** A mapping with the keys of a record. */
record RecordType(Class<?> type) implements KeyType {
  List<Component> components() {
    return Arrays.stream(type.getRecordComponents()).map(Component::of).toList();
  }

  @Override
  public String expected() {
    return "a mapping with the keys " + String.join(", ", names(components()));
  }

  @Override
  public Object read(YamlNode node, String path, Problems problems) {
    if (!(node instanceof Mapping mapping)) {
      return mistyped(node, path, problems);
    }
    return new RecordReader(this, mapping, path, problems).read();
  }

  /** Builds a record; what its constructor refuses comes as IllegalArgumentException. */
  Object construct(List<Object> values) {
    try {
      Class<?>[] parameters =
          Arrays.stream(type.getRecordComponents())
              .map(RecordComponent::getType)
              .toArray(Class<?>[]::new);
      Constructor<?> constructor = type.getDeclaredConstructor(parameters);
      constructor.setAccessible(true);
      return constructor.newInstance(values.toArray());
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof IllegalArgumentException refused) {
        throw refused;
      }
      throw new IllegalStateException("building " + type.getName(), e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("building " + type.getName(), e);
    }
  }

  @Override
  public Object placeholder() {
    List<Object> values =
        components().stream()
            .map(c -> c.isRequired() ? c.type().placeholder() : c.defaultValue())
            .toList();
    try {
      return construct(values);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  @Override
  public JsonNode write(Object value) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    for (Component component : components()) {
      try {
        JsonNode written = component.type().write(component.accessor().invoke(value));
        if (!written.isMissingNode()) {
          object.set(component.name(), written);
        }
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException("reading " + component.name() + " of " + value, e);
      }
    }
    return object;
  }

  @Override
  public ObjectNode schema(ObjectNode definitions) {
    String name = type.getSimpleName();
    if (!definitions.has(name)) {
      // Set before it is filled, so that a record may hold its own kind.
      ObjectNode definition = definitions.putObject(name);
      definition.setAll(body(definitions));
    }
    return JsonNodeFactory.instance.objectNode().put("$ref", "#/$defs/" + name);
  }

  /** The schema itself, not a reference to it. */
  ObjectNode body(ObjectNode definitions) {
    ObjectNode schema = JsonNodeFactory.instance.objectNode().put("type", "object");
    ObjectNode properties = schema.putObject("properties");
    ArrayNode required = JsonNodeFactory.instance.arrayNode();
    for (Component component : components()) {
      ObjectNode property = component.type().schema(definitions);
      property.put("description", component.key().value());
      if (component.isRequired()) {
        required.add(component.name());
      } else if (!component.key().defaultValue().isEmpty()) {
        property.set("default", component.defaultJson());
      }
      properties.set(component.name(), property);
    }
    if (!required.isEmpty()) {
      schema.set("required", required);
    }
    return schema.put("additionalProperties", false);
  }

  static List<String> names(List<Component> components) {
    return components.stream().map(Component::name).toList();
  }

  /** Components by name, in order. */
  Map<String, Component> byName() {
    Map<String, Component> byName = new LinkedHashMap<>();
    components().forEach(component -> byName.put(component.name(), component));
    return byName;
  }
}
