package org.pocketdistill.template;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Clock;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.pocketdistill.template.Rendered.Span;

final class TemplateTest {
  private static Rendered render(String source, String variables) throws IOException {
    ObjectNode object = (ObjectNode) new ObjectMapper().readTree(variables);
    return Template.parse("test", source).render(object, Clock.systemUTC());
  }

  private static List<String> generated(Rendered rendered) {
    return rendered.generated().stream()
        .map(span -> rendered.text().substring(span.start(), span.end()))
        .toList();
  }

  @Test
  void tellsWhatTheAssistantSays() throws IOException {
    Rendered rendered =
        render(
            "{% for m in messages %}<{{ m.role }}>{% if m.role == 'assistant' %}{% generation %}"
                + "{{ m.content }}</s>{% endgeneration %}{% else %}{{ m.content }}{% endif %};"
                + "{% endfor %}",
            "{\"messages\": [{\"role\": \"user\", \"content\": \"😀\"}, {\"role\": \"assistant\","
                + " \"content\": \"Hi 😀\"}, {\"role\": \"assistant\", \"content\": \"\"}]}");

    assertThat(rendered.text()).isEqualTo("<user>😀;<assistant>Hi 😀</s>;<assistant></s>;");
    assertThat(generated(rendered)).containsExactly("Hi 😀</s>", "</s>");
  }

  @Test
  void countsABlockAtTheVeryBeginningToo() throws IOException {
    assertThat(render("{% generation %}ab{% endgeneration %}c", "{}").generated())
        .containsExactly(new Span(0, 2));
  }

  @Test
  void dropsWhiteSpaceAroundAGenerationBlockAsItsSignsSay() throws IOException {
    Rendered rendered = render("a\n  {%- generation -%}\n x {% endgeneration -%}\n b", "{}");

    assertThat(rendered.text()).isEqualTo("ax b");
    assertThat(generated(rendered)).containsExactly("x ");
  }

  @Test
  void tellsNullFromMissing() throws IOException {
    assertThat(
            render("{{ a is defined }} {{ a is none }} {{ b is defined }}", "{\"a\": null}").text())
        .isEqualTo("True True False");
  }

  @Test
  void isUsedByThreadsAtOnce() {
    Template template =
        Template.parse(
            "test",
            "{% set ns = namespace(n=0) %}{% for i in range(n) %}{% set ns.n = ns.n + i %}"
                + "{% endfor %}{{ ns.n }}");
    ObjectMapper json = new ObjectMapper();

    IntStream.range(0, 2000)
        .parallel()
        .forEach(
            n ->
                assertThat(
                        template
                            .render(json.createObjectNode().put("n", n % 50), Clock.systemUTC())
                            .text())
                    .isEqualTo(String.valueOf((n % 50) * (n % 50 - 1) / 2)));
  }
}
