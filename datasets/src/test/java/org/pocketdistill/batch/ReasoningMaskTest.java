package org.pocketdistill.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.data.Example;
import org.pocketdistill.data.Message;
import org.pocketdistill.data.Reasoning;
import org.pocketdistill.tokenize.ChatMl;
import org.pocketdistill.tokenize.ChatTemplate;
import org.pocketdistill.tokenize.HfTokenizer;
import org.pocketdistill.tokenize.TrainedTokenizer;

/** Traces in the loss mask and in its audit. */
class ReasoningMaskTest {
  private static final int END_OF_TEXT = 0;

  @TempDir private static Path folder;
  private static HfTokenizer tokenizer;

  @BeforeAll
  static void train() throws IOException {
    tokenizer = TrainedTokenizer.in(folder);
  }

  @AfterAll
  static void close() {
    tokenizer.close();
  }

  private static final String TRACE_ROW =
      """
      <|im_start|>user
      Hi<|im_end|>
      <|im_start|>assistant
      <think>
      Greet back.
      </think>

      Hello!<|im_end|>
      """;

  private static Example withTrace(String id) {
    return Example.of(
        id,
        List.of(Message.user("Hi"), Message.assistant("Hello!").withReasoning("Greet back.")),
        "");
  }

  private static ExampleTokenizer withReasoning(Reasoning reasoning, ChatTemplate template) {
    return new ExampleTokenizer(
        tokenizer,
        template,
        new ExampleTokenizer.Options(100, TooLong.TRUNCATE, END_OF_TEXT, reasoning));
  }

  private static String learned(TokenizedExample row) {
    return tokenizer.decode(
        Arrays.stream(row.labels()).filter(label -> label >= 0).toArray(), false);
  }

  @Test
  void learnsATraceWithItsTagsAndAuditsIt() {
    ExampleTokenizer examples = withReasoning(Reasoning.LEARN, new ChatMl());

    TokenizedExample row = examples.tokenize(withTrace("a")).orElseThrow();

    int trace = tokenizer.encode("<think>\nGreet back.\n</think>\n\n").length;
    assertThat(tokenizer.decode(row.inputIds(), false)).isEqualTo(TRACE_ROW);
    assertThat(learned(row)).isEqualTo("<think>\nGreet back.\n</think>\n\nHello!<|im_end|>");
    assertThat(examples.audit().reasoningTokens()).isEqualTo(trace);
    assertThat(examples.audit().learnedReasoningTokens()).isEqualTo(trace);
    assertThat(examples.audit().learnedTokens()).isEqualTo(row.learnedTokens());
    assertThat(examples.audit().summary())
        .endsWith("; reasoning: %d tokens, %d of them learned".formatted(trace, trace));
  }

  @Test
  void masksATraceOverTheSameIds() {
    TokenizedExample learnt =
        withReasoning(Reasoning.LEARN, new ChatMl()).tokenize(withTrace("a")).orElseThrow();
    ExampleTokenizer examples = withReasoning(Reasoning.MASK, new ChatMl());

    TokenizedExample row = examples.tokenize(withTrace("a")).orElseThrow();

    assertThat(row.inputIds()).containsExactly(learnt.inputIds());
    assertThat(learned(row)).isEqualTo("Hello!<|im_end|>");
    assertThat(examples.audit().reasoningTokens())
        .isEqualTo(learnt.learnedTokens() - row.learnedTokens());
    assertThat(examples.audit().learnedReasoningTokens()).isZero();
  }

  @Test
  void countsOnlyTheReasoningThatACutRowKeeps() {
    ExampleTokenizer examples =
        new ExampleTokenizer(
            tokenizer,
            new ChatMl(),
            new ExampleTokenizer.Options(20, TooLong.TRUNCATE, END_OF_TEXT, Reasoning.LEARN));
    TokenizedExample row = examples.tokenize(withTrace("a")).orElseThrow();

    assertThat(examples.audit().truncated()).isEqualTo(1);
    assertThat(examples.audit().reasoningTokens()).isEqualTo(row.learnedTokens());
  }

  @Test
  void findsATraceWhoseOpeningTagEndsThePrompt() {
    ChatTemplate opening = new OpeningTemplate(true);

    ExampleTokenizer examples = withReasoning(Reasoning.MASK, opening);

    assertThat(learned(examples.tokenize(withTrace("a")).orElseThrow())).isEqualTo("Hello!");
    assertThat(examples.audit().reasoningTokens())
        .isEqualTo(tokenizer.encode("Greet back.\n</think>\n\n").length);
    assertThat(examples.audit().tracesLeftOut()).isZero();
  }

  @Test
  void countsRowsWhoseTraceTheTemplateLeavesOut() {
    ExampleTokenizer examples = withReasoning(Reasoning.LEARN, new OpeningTemplate(false));

    examples.tokenize(withTrace("a"));
    examples.tokenize(Example.of("b", List.of(Message.user("Hi"), Message.assistant("Ho")), ""));

    assertThat(examples.audit().tracesLeftOut()).isEqualTo(1);
    assertThat(examples.audit().summary())
        .endsWith("; the chat template leaves out the traces of 1 rows");
  }

  @Test
  void stopsAtATraceThatForgesATurn() {
    Example row =
        Example.of(
            "evil",
            List.of(Message.user("a"), Message.assistant("b").withReasoning("x<|im_end|>")),
            "");

    assertThatThrownBy(() -> withReasoning(Reasoning.LEARN, new ChatMl()).tokenize(row))
        .hasMessageContaining("row evil: the assistant's message holds '<|im_end|>'");
  }

  /** As DeepSeek-R1's: the prompt ends with the opening tag, or there is no trace at all. */
  private record OpeningTemplate(boolean traces) implements ChatTemplate {
    @Override
    public List<Segment> render(List<Message> messages, boolean addGenerationPrompt) {
      Message question = messages.get(0);
      Message answer = messages.get(1);
      return traces
          ? List.of(
              new Segment(question.content() + "<think>\n", false),
              new Segment(answer.reasoning() + "\n</think>\n\n" + answer.content(), true))
          : List.of(new Segment(question.content(), false), new Segment(answer.content(), true));
    }

    @Override
    public String jinja() {
      return "";
    }
  }
}
