package org.pocketdistill.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** One construct after the other, against what transformers makes of it. */
final class TemplateProbesTest {
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2024-09-05T13:07:09Z"), ZoneOffset.UTC);
  private static final JsonNode PROBES = probes();

  private static JsonNode probes() {
    try (InputStream in = TemplateProbesTest.class.getResourceAsStream("/template/probes.json")) {
      return new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  static List<JsonNode> rendered() {
    return cases(false);
  }

  static List<JsonNode> failing() {
    return cases(true);
  }

  private static List<JsonNode> cases(boolean failing) {
    List<JsonNode> cases = new ArrayList<>();
    for (JsonNode each : PROBES.get("cases")) {
      if (each.has("error") == failing) {
        cases.add(each);
      }
    }
    assertThat(cases).hasSizeGreaterThan(100);
    return cases;
  }

  private static String render(JsonNode probe) {
    return Template.parse("probe", probe.get("template").textValue())
        .render((ObjectNode) PROBES.get("variables"), CLOCK)
        .text();
  }

  @ParameterizedTest
  @MethodSource("rendered")
  void givesTheSameString(JsonNode probe) {
    assertThat(render(probe)).isEqualTo(probe.get("text").textValue());
  }

  @ParameterizedTest
  @MethodSource("failing")
  void failsWhereTransformersFails(JsonNode probe) {
    String text;
    try {
      text = render(probe);
    } catch (TemplateException e) {
      boolean raised = probe.get("error").textValue().equals("TemplateError");
      assertThat(e.raised()).isEqualTo(raised);
      assertThat(e.getMessage()).startsWith("probe: line ").endsWith(e.reason());
      if (raised) {
        assertThat(e.reason()).isEqualTo(probe.get("message").textValue());
      }
      return;
    }
    fail("expected %s, found the text '%s'", probe, text);
  }
}
