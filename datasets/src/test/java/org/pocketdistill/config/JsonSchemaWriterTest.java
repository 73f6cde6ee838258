package org.pocketdistill.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

class JsonSchemaWriterTest {
  private final JsonNode schema = read(JsonSchemaWriter.toJson(SampleConfig.class, "a sample"));

  private static JsonNode read(String json) {
    try {
      return new ObjectMapper().readTree(json);
    } catch (JsonProcessingException e) {
      throw new AssertionError(json, e);
    }
  }

  @Test
  void saysTypeRangeDefaultAndMeaningOfAKey() {
    assertThat(schema.at("/properties/rank"))
        .isEqualTo(
            read(
                """
                {"type": "integer", "minimum": 1, "maximum": 64, "description": "rank", "default": 8}
                """));
    assertThat(schema.at("/properties/kind"))
        .isEqualTo(
            read(
                """
                {"type": "string", "enum": ["forward_kl", "reverse_kl", "tvd"],
                 "description": "kind", "default": "forward_kl"}
                """));
  }

  @Test
  void refersToRecordsByName() {
    assertThat(schema.at("/properties/parts/items")).isEqualTo(read("{\"$ref\":\"#/$defs/Part\"}"));
    assertThat(schema.at("/properties/named/additionalProperties/$ref").textValue())
        .isEqualTo("#/$defs/Part");
    assertThat(schema.at("/$defs/Part/additionalProperties").booleanValue()).isFalse();
    assertThat(schema.at("/properties/part/default")).isEqualTo(read("{}"));
  }

  @Test
  void requiresWhatHasNoDefault() {
    assertThat(schema.at("/required")).isEqualTo(read("[\"name\", \"learning_rate\"]"));
    assertThat(schema.at("/additionalProperties").booleanValue()).isFalse();
    assertThat(schema.at("/$schema").textValue()).contains("2020-12");
  }
}
