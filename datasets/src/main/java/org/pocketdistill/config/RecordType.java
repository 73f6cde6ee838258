package org.pocketdistill.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.pocketdistill.config.YamlNode.Mapping;

/** A mapping with the keys of a record. */
record RecordType(Class<?> type) implements KeyType {
  List<Component> components() {
    List<Component> components = new ArrayList<>();
    for (RecordComponent component : type.getRecordComponents()) {
      if (component.isAnnotationPresent(Inline.class)) {
        List<Component> inner = new RecordType(component.getType()).components();
        inner.forEach(key -> components.add(key.within(component)));
      } else {
        components.add(Component.of(component));
      }
    }
    return components;
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

  /**
   * Builds a record from the values of its {@link #components}; what its constructor refuses comes
   * as IllegalArgumentException.
   */
  Object construct(List<Object> values) {
    return construct(values.iterator());
  }

  private Object construct(Iterator<Object> values) {
    Object[] arguments =
        Arrays.stream(type.getRecordComponents())
            .map(
                component ->
                    component.isAnnotationPresent(Inline.class)
                        ? new RecordType(component.getType()).construct(values)
                        : values.next())
            .toArray();
    try {
      Class<?>[] parameters =
          Arrays.stream(type.getRecordComponents())
              .map(RecordComponent::getType)
              .toArray(Class<?>[]::new);
      Constructor<?> constructor = type.getDeclaredConstructor(parameters);
      constructor.setAccessible(true);
      return constructor.newInstance(arguments);
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
      JsonNode written = component.type().write(component.of(value));
      if (!written.isMissingNode()) {
        object.set(component.name(), written);
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
