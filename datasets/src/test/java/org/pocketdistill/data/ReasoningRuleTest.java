package org.pocketdistill.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Traces in rows of all shapes, in the one form that a {@link Message} has. */
final class ReasoningRuleTest {
  private static final Message ANSWER = Message.assistant("42").withReasoning("7 + 5\n\n= 12");
  private static final ReasoningRule STRIP =
      new ReasoningRule(Reasoning.STRIP, ReasoningTags.THINK);

  @TempDir private Path folder;

  private static String messages(String assistant) {
    return "{\"messages\": [{\"role\": \"user\", \"content\": \"q\"}, {\"role\": \"assistant\", "
        + assistant
        + "}]}";
  }

  private List<Example> read(DataFormat format, ReasoningRule rule, String... lines)
      throws IOException {
    return read(Rows.config(format), rule, lines);
  }

  private List<Example> read(SourceConfig config, ReasoningRule rule, String... lines)
      throws IOException {
    Path file = Rows.file(folder, lines);
    return Rows.read(new JsonlSource(config, file, 1, new BadLines(0)).withReasoning(rule));
  }

  private static Message last(Example row) {
    return row.messages().get(row.messages().size() - 1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"content\": \"42\", \"reasoning_content\": \"7 + 5\\n\\n= 12\"",
        "\"content\": \"\\n\\n42\", \"reasoning_content\": \"\\n7 + 5\\n\\n= 12\\n\"",
        "\"content\": \"<think>\\n7 + 5\\n\\n= 12\\n</think>\\n\\n42\"",
        "\"content\": \" <think>7 + 5\\n\\n= 12</think>42\"",
        "\"content\": \"7 + 5\\n\\n= 12\\n</think>\\n\\n42\"",
        "\"content\": [{\"type\": \"text\", \"text\": \"<think>7 + 5\\n\\n= 12</think> 42\"}]",
        "\"content\": \"<think>7 + 5\\n\\n= 12</think>\\n\\n42\", \"reasoning_content\": null",
      })
  void readsATraceInEveryFormAsOne(String assistant) throws IOException {
    Example kept = read(DataFormat.MESSAGES, ReasoningRule.KEEP, messages(assistant)).get(0);
    Example stripped = read(DataFormat.MESSAGES, STRIP, messages(assistant)).get(0);

    assertThat(kept.messages()).containsExactly(Message.user("q"), ANSWER);
    assertThat(stripped.messages()).containsExactly(Message.user("q"), Message.assistant("42"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "PROMPT_COMPLETION|{\"prompt\": \"q\", \"completion\": \"42\", \"reasoning_content\": \"t\"}",
        "PROMPT_COMPLETION|{\"prompt\": \"q\", \"completion\": \"<think>t</think>42\"}",
        "ALPACA|{\"instruction\": \"q\", \"output\": \"42\", \"reasoning_content\": \"t\"}",
        "ALPACA|{\"instruction\": \"q\", \"output\": \"<think>t</think>42\"}",
        "SHAREGPT|{\"conversations\": [{\"from\": \"human\", \"value\": \"q\"}, {\"from\": \"gpt\", \"value\": \"42\", \"reasoning_content\": \"t\"}]}",
        "SHAREGPT|{\"conversations\": [{\"from\": \"human\", \"value\": \"q\"}, {\"from\": \"gpt\", \"value\": \"<think>t</think>42\"}]}",
      })
  void readsTracesInEveryShape(DataFormat format, String line) throws IOException {
    assertThat(read(format, ReasoningRule.KEEP, line).get(0).messages())
        .containsExactly(Message.user("q"), Message.assistant("42").withReasoning("t"));
  }

  @Test
  void readsTracesBeforeCallsAndUnderOtherNames() throws IOException {
    SourceConfig config =
        Rows.mapped(DataFormat.FUNCTION_CALL, Map.of("reasoning_content", "thought"));
    Example call =
        read(
                config,
                ReasoningRule.KEEP,
                "{\"text\": \"Light!\", \"name\": \"on\", \"thought\": \"It is dark.\"}")
            .get(0);
    Example tool =
        read(
                DataFormat.MESSAGES,
                ReasoningRule.KEEP,
                messages(
                    "\"content\": \"<think>dark</think>\\n\\n\", \"tool_calls\": [{\"name\": \"on\"}]"))
            .get(0);

    Message expected = Message.assistant("{\"name\":\"on\",\"arguments\":{}}");
    assertThat(last(call)).isEqualTo(expected.withReasoning("It is dark."));
    assertThat(last(tool)).isEqualTo(expected.withReasoning("dark"));
  }

  @Test
  void readsOtherTags() throws IOException {
    ReasoningRule other =
        new ReasoningRule(Reasoning.LEARN, new ReasoningTags("[THINK]", "[/THINK]"));

    Example row =
        read(DataFormat.MESSAGES, other, messages("\"content\": \"[THINK]a <think> b[/THINK]42\""))
            .get(0);

    assertThat(last(row)).isEqualTo(Message.assistant("42").withReasoning("a <think> b"));
  }

  @Test
  void leavesTagsOfOtherPartiesAndEmptyTracesAlone() throws IOException {
    String line =
        "{\"messages\": [{\"role\": \"system\", \"content\": \"Use <think>.\"},"
            + "{\"role\": \"user\", \"content\": \"</think><think>\", \"reasoning_content\": \"\"},"
            + "{\"role\": \"assistant\", \"content\": \"<think>\\n\\n</think>\\n\\nyes\"}]}";

    assertThat(read(DataFormat.MESSAGES, STRIP, line).get(0).messages())
        .containsExactly(
            new Message(Role.SYSTEM, "Use <think>."),
            Message.user("</think><think>"),
            Message.assistant("yes"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"content\": \"<think>a b\"|'<think>' is not closed by '</think>'",
        "\"content\": \"a </think> b <think>\"|a second trace after the first",
        "\"content\": \"<think>a<think>b</think>c</think>d\"|a second '<think>' inside the first",
        "\"content\": \"<think>a</think>b<think>c</think>d\"|a second trace after the first; a turn has one",
        "\"content\": \"<think>a</think>b</think>c\"|a second trace after the first",
        "\"content\": \"Well: <think>a</think>b\"|'Well: ' before '<think>'; a trace comes first",
        "\"content\": \"<think>a</think> \\n\"|a trace without an answer after it",
        "\"content\": \" \", \"reasoning_content\": \"a\"|the assistant says nothing in this row",
        "\"content\": \"<think>a</think>b\", \"reasoning_content\": \"a\"|reasoning_content beside '<think>' in the content; give the trace once",
        "\"content\": \"b\", \"reasoning_content\": \"<think>a</think>\"|reasoning_content holds '<think>'; give the trace without tags",
        "\"content\": \"b\", \"reasoning_content\": [\"a\"]|'messages[1].reasoning_content': expected a string, found a list",
        "\"content\": \"b\", \"reasoning_content\": \"\\ud83d\"|half of a surrogate pair",
      })
  void refusesTracesThatAreNone(String assistant, String reason) {
    for (ReasoningRule rule : List.of(ReasoningRule.KEEP, STRIP)) {
      if (rule.equals(STRIP) && reason.contains("surrogate")) {
        continue; // it is removed with the trace
      }
      assertThatThrownBy(() -> read(DataFormat.MESSAGES, rule, "", messages(assistant)))
          .isInstanceOf(DataException.class)
          .hasMessageStartingWith(folder.resolve("rows.jsonl") + ":2: ")
          .hasMessageContaining(reason)
          .hasMessageEndingWith("skip some with data.max_bad_lines");
    }
  }

  @Test
  void refusesATraceOfAnybodyElse() {
    String line =
        "{\"messages\": [{\"role\": \"user\", \"content\": \"a\", \"reasoning_content\": \"b\"},"
            + "{\"role\": \"assistant\", \"content\": \"c\"}]}";

    assertThatThrownBy(() -> read(DataFormat.MESSAGES, ReasoningRule.KEEP, line))
        .hasMessageContaining(
            ":1: reasoning_content in a turn of the user; only the assistant's turns have a trace");
  }

  @Test
  void countsARefusedRowAmongTheBadLines() throws IOException {
    Path file =
        Rows.file(folder, messages("\"content\": \"<think>a\""), messages("\"content\": \"b\""));
    BadLines badLines = new BadLines(1);

    assertThat(Rows.read(new JsonlSource(Rows.config(DataFormat.MESSAGES), file, 1, badLines)))
        .hasSize(1);
    assertThat(badLines.count()).isEqualTo(1);
  }

  @Test
  void learnsPlainTextWholeAndRefusesItWhereTracesAreNotLearned() throws IOException {
    String line = "{\"text\": \"<think>a</think>b\"}";

    assertThat(read(DataFormat.TEXT, ReasoningRule.KEEP, line).get(0).text())
        .isEqualTo("<think>a</think>b");
    assertThatThrownBy(() -> read(DataFormat.TEXT, STRIP, line))
        .hasMessageContaining(
            ":1: a plain text with '<think>', which is learned whole; give it as a conversation, or"
                + " set data.reasoning to learn");
  }

  @Test
  void writesAndReadsPreparedRowsAsTheyWere() throws IOException {
    Path file = folder.resolve("prepared.jsonl");
    Example row =
        Example.of("1", List.of(Message.user("q"), ANSWER, Message.assistant("</think>")), "");
    try (JsonlWriter writer = new JsonlWriter(file)) {
      writer.write(row);
      writer.commit();
    }

    assertThat(Rows.read(JsonlSource.prepared(file))).containsExactly(row);
    assertThat(Rows.read(JsonlSource.prepared(file).withReasoning(STRIP))).containsExactly(row);
    assertThat(Files.readString(file)).contains("\"reasoning_content\":\"7 + 5");
  }

  @Test
  void duplicatesAndContaminationSeeTheTextWithoutTheTrace() {
    Example first = Example.of("1", List.of(Message.user("q"), ANSWER), "");
    Example other = Example.of("2", List.of(Message.user("q"), ANSWER.withReasoning("else")), "");
    String long13 = "one two three four five six seven eight nine ten eleven twelve thirteen";
    Example quoting = Example.of("3", List.of(Message.user("x"), ANSWER.withReasoning(long13)), "");

    Deduplicator duplicates = new Deduplicator(1);
    assertThat(duplicates.isDuplicate(first)).isFalse();
    assertThat(duplicates.isDuplicate(other)).isTrue();

    ContaminationCheck check = new ContaminationCheck();
    check.addEvaluationRow("test", Example.of("e", List.of(Message.user(long13), ANSWER), ""));
    assertThat(check.isContaminated(quoting)).isFalse();
    assertThat(
            check.isContaminated(
                Example.of("4", List.of(Message.user("x"), Message.assistant(long13)), "")))
        .isTrue();
  }

  @Test
  void refusesTagsThatCannotBeToldApart() {
    for (String[] tags : new String[][] {{"", "b"}, {"a", " "}, {"a", "a"}, {"<a", "<a>"}}) {
      assertThatThrownBy(() -> new ReasoningTags(tags[0], tags[1]))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("expected two different texts");
    }
    assertThat(ReasoningTags.THINK.isOpenedBy("…<think>\n")).isTrue();
    assertThat(ReasoningTags.THINK.isOpenedBy("…<think>\n\n</think>\n\n")).isFalse();
  }

  @Test
  void continuesAPromptUpToTheAnswer() {
    ReasoningTags tags = ReasoningTags.THINK;

    assertThat(tags.beforeAnswer("a\n", "t")).isEqualTo("a\n<think>\nt\n</think>\n\n");
    assertThat(tags.beforeAnswer("a\n", "")).isEqualTo("a\n");
    assertThat(tags.beforeAnswer("a<think>\n", "t")).isEqualTo("a<think>\nt\n</think>\n\n");
    assertThat(tags.beforeAnswer("a<think>\n", "")).isEqualTo("a<think>\n\n</think>\n\n");
    assertThat(tags.beforeAnswer("a<think>\n</think>\n", "t")).isEqualTo("a<think>\n</think>\n");
  }

  @Test
  void namesTheFieldAmongThoseThatCanBeMapped() {
    for (DataFormat format : DataFormat.values()) {
      assertThat(format.fields().contains("reasoning_content"))
          .isEqualTo(format != DataFormat.TEXT && format != DataFormat.MULTIPLE_CHOICE);
    }
  }
}
