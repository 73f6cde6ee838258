package org.pocketdistill.tokenize;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.pocketdistill.data.Message;
import org.pocketdistill.data.Role;
import org.pocketdistill.tokenize.ChatTemplate.Segment;

class ChatMlTest {
  private static final List<Message> CONVERSATION =
      List.of(
          new Message(Role.SYSTEM, "Be brief."),
          Message.user("Hi"),
          Message.assistant("Hello!"),
          Message.user("明天?"),
          Message.assistant("好"));

  private final ChatMl template = new ChatMl();

  @Test
  void writesWhatTransformersMakesOfTheJinjaTemplate() throws IOException {
    JsonNode golden;
    try (InputStream in = ChatMlTest.class.getResourceAsStream("/tokenize/chatml.json")) {
      golden = new ObjectMapper().readTree(in);
    }
    assertThat(template.jinja()).isEqualTo(golden.get("chat_template").textValue());
    assertThat(golden.get("cases")).hasSize(12);
    for (JsonNode expected : golden.get("cases")) {
      List<Message> messages = new ArrayList<>();
      for (JsonNode message : expected.get("messages")) {
        Role role = Role.valueOf(message.get("role").textValue().toUpperCase(Locale.ROOT));
        String trace = message.path("reasoning_content").asText();
        messages.add(new Message(role, message.get("content").textValue(), trace));
      }
      boolean addGenerationPrompt = expected.get("add_generation_prompt").booleanValue();

      assertThat(text(template.render(messages, addGenerationPrompt)))
          .isEqualTo(expected.get("text").textValue());
    }
  }

  @Test
  void writesHeaderContentAndEndOfEveryMessage() {
    assertThat(text(template.render(CONVERSATION, false)))
        .isEqualTo(
            """
            <|im_start|>system
            Be brief.<|im_end|>
            <|im_start|>user
            Hi<|im_end|>
            <|im_start|>assistant
            Hello!<|im_end|>
            <|im_start|>user
            明天?<|im_end|>
            <|im_start|>assistant
            好<|im_end|>
            """);
  }

  @Test
  void learnsTheAssistantsWordsAndTheirEndAlone() {
    assertThat(template.render(CONVERSATION, false).stream().filter(Segment::learned))
        .extracting(Segment::text)
        .containsExactly("Hello!<|im_end|>", "好<|im_end|>");
  }

  @Test
  void endsAPromptWithTheAssistantsHeader() {
    List<Message> prompt = CONVERSATION.subList(0, 2);

    assertThat(text(template.render(prompt, true)))
        .isEqualTo(text(template.render(prompt, false)) + "<|im_start|>assistant\n");
  }

  @Test
  void addsNoSystemPromptOfItsOwn() {
    assertThat(text(template.render(List.of(), true))).isEqualTo("<|im_start|>assistant\n");
    assertThat(template.render(List.of(), false)).isEmpty();
  }

  @Test
  void namesTheTokensThatForgeATurn() {
    assertThat(template.controlTokens()).containsExactly("<|im_start|>", "<|im_end|>");
  }

  private static String text(List<Segment> segments) {
    return segments.stream().map(Segment::text).collect(joining());
  }
}
