package org.pocketdistill.tokenize;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pocketdistill.data.DataException;
import org.pocketdistill.data.Message;
import org.pocketdistill.template.Rendered;
import org.pocketdistill.template.Rendered.Span;
import org.pocketdistill.template.Template;
import org.pocketdistill.template.TemplateException;

/**
 * The template that a model brings along, as {@code apply_chat_template} of transformers renders
 * it. Safe for use from several threads.
 *
 * <p>Learned is what stands in the template's {@code generation} blocks; of a template without
 * them, what {@link AssistantTurns} finds.
 */
final class JinjaChatTemplate implements ChatTemplate {
  private static final String REASONING = "reasoning_content";

  private final ChatTemplateFiles files;
  private final Template plain;
  private final Template withTools;
  private final Clock clock;

  /**
   * Parses the templates.
   *
   * @param clock what a template that writes the date reads
   * @throws DataException if one of them is wrong or asks for something that is not supported
   */
  JinjaChatTemplate(ChatTemplateFiles files, Clock clock) {
    this.files = files;
    this.plain = parse(files.plain());
    this.withTools = files.withTools().map(JinjaChatTemplate::parse).orElse(plain);
    this.clock = clock;
  }

  private static Template parse(ChatTemplateFiles.Source source) {
    try {
      return Template.parse(source.place(), source.text());
    } catch (TemplateException e) {
      throw new DataException(e.getMessage(), e);
    }
  }

  @Override
  public List<Segment> render(List<Message> messages, boolean addGenerationPrompt) {
    return render(messages, List.of(), addGenerationPrompt);
  }

  @Override
  public List<Segment> render(
      List<Message> messages, List<JsonNode> tools, boolean addGenerationPrompt) {
    Rendered rendered = rendered(messages, tools, addGenerationPrompt);
    if (template(tools).marksGeneration()) {
      return segments(rendered.text(), rendered.generated());
    }
    AnswerWithTrace answer = new AnswerWithTrace(this, tools);
    return answer
        .segments(messages, rendered.text())
        .orElseGet(
            () ->
                segments(
                    rendered.text(),
                    new AssistantTurns(this, tools).spans(messages, rendered.text())));
  }

  private static List<Segment> segments(String text, List<Span> learned) {
    List<Segment> segments = new ArrayList<>();
    int end = 0;
    for (Span span : learned) {
      add(segments, text.substring(end, span.start()), false);
      add(segments, text.substring(span.start(), span.end()), true);
      end = span.end();
    }
    add(segments, text.substring(end), false);
    return segments;
  }

  private static void add(List<Segment> segments, String text, boolean learned) {
    if (!text.isEmpty()) {
      segments.add(new Segment(text, learned));
    }
  }

  @Override
  public String text(List<Message> messages, List<JsonNode> tools, boolean addGenerationPrompt) {
    return rendered(messages, tools, addGenerationPrompt).text();
  }

  private Template template(List<JsonNode> tools) {
    return tools.isEmpty() ? plain : withTools;
  }

  /** What messages call the template. */
  String name() {
    return plain.name();
  }

  /** The token that ends what the assistant says. */
  Optional<String> endToken() {
    return files.endToken();
  }

  private Rendered rendered(
      List<Message> messages, List<JsonNode> tools, boolean addGenerationPrompt) {
    ObjectNode variables = JsonNodeFactory.instance.objectNode();
    variables.setAll(files.specialTokens());
    ArrayNode turns = variables.putArray("messages");
    for (Message message : messages) {
      put(message, turns.addObject());
    }
    if (tools.isEmpty()) {
      variables.putNull("tools");
    } else {
      variables.putArray("tools").addAll(tools);
    }
    variables.putNull("documents");
    variables.put("add_generation_prompt", addGenerationPrompt);
    try {
      return template(tools).render(variables, clock);
    } catch (TemplateException e) {
      throw new DataException(e.getMessage(), e);
    }
  }

  /** A template that does not ask for the trace may still look for it in the content. */
  private void put(Message message, ObjectNode turn) {
    turn.put("role", message.role().key());
    if (message.reasoning().isEmpty()) {
      turn.put("content", message.content());
    } else if (jinja().contains(REASONING)) {
      turn.put("content", message.content()).put(REASONING, message.reasoning());
    } else {
      turn.put("content", reasoningTags().block(message.reasoning()) + message.content());
    }
  }

  @Override
  public String jinja() {
    return files.plain().text();
  }

  @Override
  public List<String> controlTokens() {
    return files.controlTokens();
  }
}
