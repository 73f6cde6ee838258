package org.pocketdistill.template;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pocketdistill.template.Rendered.Span;

/** Real templates: every string, error and mask of transformers. */
@Tag("slow")
final class SlowChatTemplateGoldenTest {
  private static final Path GOLDENS = Path.of("..", "..", "shared", "goldens", "chat_templates");
  private static final ObjectMapper JSON = new ObjectMapper();

  static List<Path> templates() throws IOException {
    try (Stream<Path> files = Files.list(GOLDENS.resolve("templates"))) {
      List<Path> templates =
          files.filter(file -> file.toString().endsWith(".jinja")).sorted().toList();
      assertThat(templates).hasSize(18);
      return templates;
    }
  }

  @ParameterizedTest
  @MethodSource("templates")
  void givesTheStringsAndErrorsOfTransformers(Path file) throws IOException {
    String name = file.getFileName().toString();
    Template template = Template.parse(name, Files.readString(file));
    JsonNode golden = read(name.replace(".jinja", ".json"));
    List<String> different = new ArrayList<>();
    assertThat(golden.get("cases")).hasSize(44);
    for (JsonNode expected : golden.get("cases")) {
      String found = outcome(template, variables(golden, expected), clock(golden), expected);
      if (!found.equals(expected.path("text").textValue()) && !found.equals(AS_EXPECTED)) {
        different.add("found " + found + "\nexpected " + expected);
      }
    }
    assertThat(different).isEmpty();
  }

  private static final String AS_EXPECTED = "the error that was expected";

  private static String outcome(
      Template template, ObjectNode variables, Clock clock, JsonNode expected) {
    try {
      return template.render(variables, clock).text();
    } catch (TemplateException e) {
      boolean raised = "TemplateError".equals(expected.path("error").textValue());
      boolean alike =
          expected.has("error")
              && raised == e.raised()
              && (!raised || e.reason().equals(expected.get("message").textValue()));
      return alike ? AS_EXPECTED : e.toString();
    }
  }

  @Test
  void findsWhatTheAssistantSays() throws IOException {
    JsonNode golden = read("assistant_masks.json");
    assertThat(golden).hasSize(42);
    for (JsonNode expected : golden) {
      String name = expected.get("template").textValue();
      Path file = GOLDENS.resolve("templates/" + name + ".jinja");

      Rendered rendered =
          Template.parse(name, Files.readString(file))
              .render(conversation(expected), Clock.systemUTC());

      assertThat(rendered.text()).isEqualTo(expected.get("text").textValue());
      List<List<Integer>> spans = new ArrayList<>();
      for (Span span : rendered.generated()) {
        int start = rendered.text().codePointCount(0, span.start());
        spans.add(List.of(start, start + rendered.text().codePointCount(span.start(), span.end())));
      }
      assertThat(JSON.<JsonNode>valueToTree(spans))
          .isEqualTo(expected.get("generation_character_spans"));
    }
  }

  private static JsonNode read(String name) throws IOException {
    return JSON.readTree(GOLDENS.resolve(name).toFile());
  }

  private static ObjectNode variables(JsonNode golden, JsonNode expected) throws IOException {
    ObjectNode variables = conversation(expected);
    for (String token : List.of("bos_token", "eos_token")) {
      if (golden.hasNonNull(token)) {
        variables.set(token, golden.get(token));
      }
    }
    return variables;
  }

  private static ObjectNode conversation(JsonNode expected) throws IOException {
    JsonNode conversation =
        read("conversations.json").get(expected.get("conversation").textValue());
    ObjectNode variables = JSON.createObjectNode();
    variables.set("messages", conversation.get("messages"));
    variables.set("tools", conversation.get("tools"));
    variables.putNull("documents");
    variables.set("add_generation_prompt", expected.get("add_generation_prompt"));
    variables.setAll((ObjectNode) conversation.get("kwargs"));
    return variables;
  }

  private static Clock clock(JsonNode golden) {
    return Clock.fixed(Instant.parse(golden.get("now").textValue() + "Z"), ZoneOffset.UTC);
  }
}
