package org.pocketdistill.tokenize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.data.DataException;
import org.pocketdistill.data.Message;
import org.pocketdistill.data.ReasoningTags;
import org.pocketdistill.data.Role;
import org.pocketdistill.tokenize.ChatTemplate.Segment;

/** What is learned under a template that a model brings along. */
final class JinjaChatTemplateTest {
  private static final List<Message> TALK =
      List.of(
          new Message(Role.SYSTEM, "Be brief."),
          Message.user("Hi"),
          Message.assistant("Hello 😀"),
          Message.user("Bye"),
          Message.assistant("Bye!"));

  private static final String TURNS =
      "{{ bos_token }}{% for m in messages %}<|{{ m.role }}|>{{ m.content }}</s>\n{% endfor %}"
          + "{% if add_generation_prompt %}<|assistant|>{% endif %}";

  @TempDir private Path folder;

  private ChatTemplate template(String jinja) throws IOException {
    ObjectNode config = new ObjectMapper().createObjectNode();
    config.put("chat_template", jinja).put("bos_token", "<s>").put("eos_token", "</s>");
    Files.writeString(folder.resolve("tokenizer_config.json"), config.toString());
    return ChatTemplates.load(folder);
  }

  private static List<String> learned(List<Segment> segments) {
    return segments.stream().filter(Segment::learned).map(Segment::text).toList();
  }

  private static String text(List<Segment> segments) {
    return String.join("", segments.stream().map(Segment::text).toList());
  }

  @Test
  void learnsWhatTheTemplateMarks() throws IOException {
    ChatTemplate template =
        template(
            "{% for m in messages %}<{{ m.role }}>{% if m.role == 'assistant' %}{% generation %}"
                + "{{ m.content }}.{% endgeneration %}{% else %}{{ m.content }}{% endif %}"
                + "{% endfor %}");

    List<Segment> segments = template.render(TALK, false);

    assertThat(text(segments))
        .isEqualTo("<system>Be brief.<user>Hi<assistant>Hello 😀.<user>Bye<assistant>Bye!.");
    assertThat(learned(segments)).containsExactly("Hello 😀.", "Bye!.");
  }

  @Test
  void findsTheTurnsOfATemplateWithoutMarks() throws IOException {
    List<Segment> segments = template(TURNS).render(TALK, false);

    assertThat(text(segments))
        .isEqualTo(
            """
            <s><|system|>Be brief.</s>
            <|user|>Hi</s>
            <|assistant|>Hello 😀</s>
            <|user|>Bye</s>
            <|assistant|>Bye!</s>
            """);
    assertThat(learned(segments)).containsExactly("Hello 😀</s>", "Bye!</s>");
  }

  @Test
  void learnsTwoTurnsInARowEachOnItsOwn() throws IOException {
    List<Message> twice =
        List.of(Message.user("a"), Message.assistant("b"), Message.assistant("c"));

    assertThat(learned(template(TURNS).render(twice, false))).containsExactly("b</s>", "c</s>");
  }

  @Test
  void learnsNothingOfAPrompt() throws IOException {
    List<Segment> segments = template(TURNS).render(TALK.subList(0, 2), true);

    assertThat(segments)
        .containsExactly(
            new Segment("<s><|system|>Be brief.</s>\n<|user|>Hi</s>\n<|assistant|>", false));
  }

  @Test
  void endsAnEarlierTurnAtItsEndTokenWhereTheLastIsWrittenDifferently() throws IOException {
    ChatTemplate template =
        template(
            "{% for m in messages %}<|{{ m.role }}|>{% if m.role == 'assistant' and loop.last %}"
                + "<think></think>{% endif %}{{ m.content }}</s>\n{% endfor %}"
                + "{% if add_generation_prompt %}<|assistant|>{% endif %}");

    List<Segment> segments = template.render(TALK, false);

    assertThat(text(segments)).endsWith("<|assistant|><think></think>Bye!</s>\n");
    assertThat(learned(segments)).containsExactly("Hello 😀</s>", "<think></think>Bye!</s>");
  }

  @Test
  void refusesWhereThePromptIsNoPartOfTheConversation() throws IOException {
    ChatTemplate template =
        template(
            "{% for m in messages %}<{{ m.role }}>{{ m.content }}</s>{% endfor %}"
                + "{% if add_generation_prompt %}<assistant>now:{% endif %}");

    assertThatThrownBy(() -> template.render(TALK.subList(0, 3), false))
        .isInstanceOf(DataException.class)
        .hasMessage(
            folder.resolve("tokenizer_config.json")
                + ": chat_template: the prompt that asks for turn 3 does not stand in the"
                + " conversation: it has 'now:' where the conversation has 'Hello 😀</s>';"
                + " so what is to be learned cannot be told apart. Use a template with"
                + " {% generation %} blocks");
  }

  /** As DeepSeek-R1's: the prompt opens the trace, a finished turn has none. */
  private static final String FORGETS =
      "{% for m in messages %}<{{ m.role }}>{{ m.content.split('</think>')[-1].lstrip() }}</s>"
          + "{% endfor %}{% if add_generation_prompt %}<assistant><think>\n{% endif %}";

  @Test
  void learnsTheTraceThatTheTemplateForgets() throws IOException {
    List<Message> talk = new ArrayList<>(TALK);
    talk.set(2, talk.get(2).withReasoning("A greeting."));
    talk.set(4, talk.get(4).withReasoning("They leave."));

    List<Segment> segments = template(FORGETS).render(talk, false);

    assertThat(segments)
        .containsExactly(
            new Segment(
                "<system>Be brief.</s><user>Hi</s><assistant>Hello 😀</s><user>Bye</s><assistant><think>\n",
                false),
            new Segment("They leave.\n</think>\n\nBye!</s>", true));
    assertThat(ReasoningSegments.of(segments, ReasoningTags.THINK))
        .endsWith(
            new Segment("They leave.\n</think>\n\n", true, true), new Segment("Bye!</s>", true));
  }

  @Test
  void learnsToCloseATraceThatThePromptOpens() throws IOException {
    List<Segment> segments = template(FORGETS).render(TALK, false);

    assertThat(learned(segments)).containsExactly("\n</think>\n\nBye!</s>");
    assertThat(ReasoningSegments.of(segments, ReasoningTags.THINK)).isEqualTo(segments);
  }

  @Test
  void opensThePromptAgainForATrace() throws IOException {
    ChatTemplate template =
        template(FORGETS.replace("<think>\n{% endif %}", "<think>\n</think>{% endif %}"));
    List<Message> ask = List.of(Message.user("Hi"), Message.assistant("Hello"));

    assertThat(template.render(ask, false))
        .containsExactly(
            new Segment("<user>Hi</s><assistant><think>\n</think>", false),
            new Segment("Hello</s>", true));
    assertThat(template.render(List.of(ask.get(0), ask.get(1).withReasoning("A greeting.")), false))
        .containsExactly(
            new Segment("<user>Hi</s><assistant><think>\n", false),
            new Segment("A greeting.\n</think>\n\nHello</s>", true));
  }

  @Test
  void leavesTheTraceToATemplateThatWritesIt() throws IOException {
    String writes =
        "{% for m in messages %}<{{ m.role }}>{% if m.reasoning_content and loop.last %}"
            + "<think>{{ m.reasoning_content }}</think>{% endif %}{{ m.content }}</s>{% endfor %}"
            + "{% if add_generation_prompt %}<assistant>{% endif %}";
    List<Message> talk = new ArrayList<>(TALK);
    talk.set(2, talk.get(2).withReasoning("A greeting."));
    talk.set(4, talk.get(4).withReasoning("They leave."));

    assertThat(learned(template(writes).render(talk, false)))
        .containsExactly("Hello 😀</s>", "<think>They leave.</think>Bye!</s>");
  }

  @Test
  void refusesWhereNothingEndsAnEarlierTurn() throws IOException {
    ChatTemplate template =
        template(
            "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% if m.role == 'assistant' and loop.last %}!{% endif %}"
                + "{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}");

    assertThatThrownBy(() -> template.render(TALK, false))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(
            "chat_template: turn 3, which the assistant says, is written differently when other"
                + " turns follow, and no end token closes it");
  }

  @Test
  void rendersOurChatMlAsItIsBuiltIn() throws IOException {
    ChatMl builtIn = new ChatMl();
    Path file = folder.resolve("chat_template.jinja");
    // the blank at its end makes it another template
    Files.writeString(file, builtIn.jinja() + "{{ '' }}");
    Files.writeString(folder.resolve("tokenizer_config.json"), "{\"eos_token\": \"<|im_end|>\"}");
    ChatTemplate rendered = ChatTemplates.load(folder);
    assertThat(rendered).isInstanceOf(JinjaChatTemplate.class);

    long seed = 17;
    Random random = new Random(seed);
    for (int row = 0; row < 200; row++) {
      List<Message> talk = talk(random);

      assertThat(rendered.text(talk, List.of(), true))
          .as("seed %d, row %d", seed, row)
          .isEqualTo(builtIn.text(talk, List.of(), true));
      assertThat(merged(rendered.render(talk, false)))
          .as("seed %d, row %d", seed, row)
          .isEqualTo(merged(builtIn.render(talk, false)));
    }
  }

  private static List<Message> talk(Random random) {
    List<Message> talk = new ArrayList<>();
    for (int turn = random.nextInt(6); turn >= 0; turn--) {
      Role role = List.of(Role.values()).get(random.nextInt(Role.values().length));
      boolean reasons = role == Role.ASSISTANT && random.nextBoolean();
      String trace = reasons ? RandomText.next(random, 20).strip() : "";
      talk.add(new Message(role, RandomText.next(random, 20), trace));
    }
    return talk;
  }

  /** Neighbours of the same kind as one. */
  private static List<Segment> merged(List<Segment> segments) {
    List<Segment> merged = new ArrayList<>();
    for (Segment segment : segments) {
      int last = merged.size() - 1;
      if (last >= 0 && merged.get(last).learned() == segment.learned()) {
        merged.set(last, new Segment(merged.get(last).text() + segment.text(), segment.learned()));
      } else if (!segment.text().isEmpty()) {
        merged.add(segment);
      }
    }
    return merged;
  }

  @Test
  void givesToolsToTheTemplate() throws IOException {
    JsonNode tool = new ObjectMapper().createObjectNode().put("name", "f");
    ChatTemplate template =
        template("{% for t in tools or [] %}[{{ t.name }}]{% endfor %}" + TURNS);

    assertThat(learned(template.render(TALK, List.of(tool), false)))
        .containsExactly("Hello 😀</s>", "Bye!</s>");
    assertThat(template.text(TALK, List.of(tool), false)).startsWith("[f]<s>");
  }
}
