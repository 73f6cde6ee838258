package org.pocketdistill.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;

/** A key that may be left out. */
record OptionalType(KeyType present) implements KeyType {
  @Override
  public String expected() {
    return present.expected();
  }

  @Override
  public Object read(YamlNode node, String path, Problems problems) {
    Object value = present.read(node, path, problems);
    return value == null ? null : Optional.of(value);
  }

  @Override
  public Object placeholder() {
    return Optional.empty();
  }

  /** A missing node where the value is absent: such a key is not written. */
  @Override
  public JsonNode write(Object value) {
    return ((Optional<?>) value).map(present::write).orElse(MissingNode.getInstance());
  }

  @Override
  public ObjectNode schema(ObjectNode definitions) {
    return present.schema(definitions);
  }
}
