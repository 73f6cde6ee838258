package org.pocketdistill.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RowShapeTest {
  @TempDir private Path folder;

  @Test
  void readsMessagesWithSystemAndTool() throws IOException {
    Example row =
        only(
            DataFormat.MESSAGES,
            """
            {"id": "a", "messages": [{"role": "system", "content": "Be short."},
            {"role": "user", "content": "Weather?"}, {"role": "assistant", "content": null,
            "tool_calls": [{"id": "1", "type": "function", "function":
            {"name": "weather", "arguments": "{\\"day\\": \\"today\\"}"}}]},
            {"role": "tool", "tool_call_id": "1", "content": "sunny"},
            {"role": "assistant", "content": [{"type": "text", "text": "Sunny."}]}]}""");

    assertThat(row)
        .isEqualTo(
            Example.of(
                "a",
                List.of(
                    new Message(Role.SYSTEM, "Be short."),
                    Message.user("Weather?"),
                    Message.assistant("{\"name\":\"weather\",\"arguments\":{\"day\":\"today\"}}"),
                    new Message(Role.TOOL, "sunny"),
                    Message.assistant("Sunny.")),
                ""));
  }

  @Test
  void writesSeveralToolCallsAsAListAfterTheWords() throws IOException {
    Example row =
        only(
            DataFormat.MESSAGES,
            """
            {"messages": [{"role": "user", "content": "Both."}, {"role": "assistant",
            "content": "Doing both.", "tool_calls": [{"name": "a", "arguments": {"n": 1}},
            {"function": {"name": "b"}}]}]}""");

    assertThat(row.messages().get(1).content())
        .isEqualTo(
            "Doing both.\n[{\"name\":\"a\",\"arguments\":{\"n\":1}},"
                + "{\"name\":\"b\",\"arguments\":{}}]");
  }

  @Test
  void readsFunctionCallTurnsInMessages() throws IOException {
    Example row =
        only(
            DataFormat.MESSAGES,
            """
            {"messages": [{"role": "user", "content": "Cook."}, {"role": "function_call",
            "content": "{\\"name\\": \\"find\\", \\"arguments\\": {\\"x\\": [1, 2]}}"},
            {"role": "observation", "content": "soup"},
            {"role": "assistant", "content": "Soup!"}]}""");

    assertThat(row.messages())
        .containsExactly(
            Message.user("Cook."),
            Message.assistant("{\"name\":\"find\",\"arguments\":{\"x\":[1,2]}}"),
            new Message(Role.TOOL, "soup"),
            Message.assistant("Soup!"));
  }

  @Test
  void readsPromptAndCompletionAsStringsOrMessages() throws IOException {
    Example strings =
        only(DataFormat.PROMPT_COMPLETION, "{\"prompt\":\"2+2\",\"completion\":\"4\"}");
    Example lists =
        only(
            DataFormat.PROMPT_COMPLETION,
            """
            {"prompt": [{"role": "system", "content": "Add."}, {"role": "user", "content": "2+2"}],
            "completion": [{"role": "assistant", "content": "4"}]}""");

    assertThat(strings.messages()).containsExactly(Message.user("2+2"), Message.assistant("4"));
    assertThat(lists.messages())
        .containsExactly(
            new Message(Role.SYSTEM, "Add."), Message.user("2+2"), Message.assistant("4"));
  }

  @Test
  void readsAlpacaWithInputSystemAndHistory() throws IOException {
    Example row =
        only(
            DataFormat.ALPACA,
            """
            {"instruction": "Translate.", "input": "猫", "output": "cat", "system": "You translate.",
            "history": [["狗", "dog"]]}""");
    Example bare =
        only(DataFormat.ALPACA, "{\"instruction\":\"Hi\",\"input\":\"\",\"output\":\"Hello\"}");

    assertThat(row.messages())
        .containsExactly(
            new Message(Role.SYSTEM, "You translate."),
            Message.user("狗"),
            Message.assistant("dog"),
            Message.user("Translate.\n猫"),
            Message.assistant("cat"));
    assertThat(bare.messages()).containsExactly(Message.user("Hi"), Message.assistant("Hello"));
  }

  @Test
  void readsShareGptWithCallsAndObservations() throws IOException {
    Example row =
        only(
            DataFormat.SHAREGPT,
            """
            {"system": "S", "conversations": [{"from": "human", "value": "Time?"},
            {"from": "function_call", "value": "{\\"name\\":\\"now\\",\\"arguments\\":{}}"},
            {"from": "observation", "value": "9:00"}, {"from": "gpt", "value": "Nine."}]}""");

    assertThat(row.messages())
        .containsExactly(
            new Message(Role.SYSTEM, "S"),
            Message.user("Time?"),
            Message.assistant("{\"name\":\"now\",\"arguments\":{}}"),
            new Message(Role.TOOL, "9:00"),
            Message.assistant("Nine."));
  }

  @Test
  void readsPlainText() throws IOException {
    assertThat(only(DataFormat.TEXT, "{\"id\": 7, \"text\": \"Once upon…\", \"group\": \"en\"}"))
        .isEqualTo(new Example("7", List.of(), "Once upon…", "en"));
  }

  @Test
  void readsFunctionCallWithArgumentsAsObject() throws IOException {
    Example row =
        only(
            DataFormat.FUNCTION_CALL,
            "{\"text\":\"关灯\",\"name\":\"TurnOff\",\"arguments\":{\"area\":\"客厅\",\"level\":5}}");

    assertThat(row.messages())
        .containsExactly(
            Message.user("关灯"),
            Message.assistant(
                "{\"name\":\"TurnOff\",\"arguments\":{\"area\":\"客厅\",\"level\":5}}"));
  }

  @Test
  void collectsRepeatedArgumentsIntoAListInOrder() throws IOException {
    Path file =
        Rows.file(
            folder,
            """
            {"text": "t", "intent": "Play", "slots": [{"name": "artist", "value": "A", "start": 0},
            {"name": "year", "value": "1999"}, {"name": "artist", "value": "B"},
            {"name": "artist", "value": "C"}]}"""
                .replace("\n", " "));
    Map<String, String> fields = Map.of("name", "intent", "arguments", "slots");

    assertThat(Rows.read(Rows.mapped(DataFormat.FUNCTION_CALL, fields), file))
        .extracting(row -> row.messages().get(1).content())
        .containsExactly(
            "{\"name\":\"Play\",\"arguments\":"
                + "{\"artist\":[\"A\",\"B\",\"C\"],\"year\":\"1999\"}}");
  }

  @Test
  void keepsAListValueWholeWhenItsNameIsRepeated() throws IOException {
    Example row =
        only(
            DataFormat.FUNCTION_CALL,
            """
            {"text": "t", "name": "f", "arguments": [{"name": "x", "value": [1, 2]},
            {"name": "x", "value": 3}]}""");

    assertThat(row.messages().get(1).content())
        .isEqualTo("{\"name\":\"f\",\"arguments\":{\"x\":[[1,2],3]}}");
  }

  @Test
  void takesACallWithoutArguments() throws IOException {
    Example row = only(DataFormat.FUNCTION_CALL, "{\"text\":\"stop\",\"name\":\"stop\"}");

    assertThat(row.messages().get(1).content()).isEqualTo("{\"name\":\"stop\",\"arguments\":{}}");
  }

  @Test
  void mapsFieldsOfTurnsAsOfRows() throws IOException {
    Path file =
        Rows.file(
            folder,
            "{\"turns\": [{\"who\": \"user\", \"says\": \"hi\"}, {\"who\": \"gpt\", \"says\": \"ho\"}]}");
    Map<String, String> fields = Map.of("conversations", "turns", "from", "who", "value", "says");

    assertThat(Rows.read(Rows.mapped(DataFormat.SHAREGPT, fields), file).get(0).messages())
        .containsExactly(Message.user("hi"), Message.assistant("ho"));
  }

  @Test
  void readsAQuestionWithChoicesAsAConversationToo() throws IOException {
    String row = "{\"id\": 7, \"question\": \"Which?\", \"choices\": [\"a\", \"b\"], \"answer\": ";
    MultipleChoice second = new MultipleChoice("", "Which?", List.of("a", "b"), 1);

    for (String answer : List.of("1", "\"b\"", "true")) {
      assertThat(only(DataFormat.MULTIPLE_CHOICE, row + answer + "}"))
          .isEqualTo(Example.of("7", second, ""))
          .extracting(Example::messages)
          .isEqualTo(List.of(Message.user("Which?"), Message.assistant("b")));
    }
  }

  @Test
  void leavesTagsInChoicesAlone() throws IOException {
    Example row =
        only(
            DataFormat.MULTIPLE_CHOICE,
            "{\"question\": \"Which?\", \"choices\": [\"<think>a</think>b\", \"c\"], \"answer\": 0}");

    assertThat(row.messages().get(1)).isEqualTo(Message.assistant("<think>a</think>b"));
  }

  @Test
  void readsAYesNoQuestionWithItsPassage() throws IOException {
    Path file =
        Rows.file(
            folder,
            "{\"passage\": \"Ice floats.\", \"question\": \"is it light\", \"answer\": true}");
    Example row =
        Rows.read(Rows.mapped(DataFormat.MULTIPLE_CHOICE, Map.of("context", "passage")), file)
            .get(0);

    assertThat(row.choice())
        .contains(new MultipleChoice("Ice floats.", "is it light", List.of("no", "yes"), 1));
    assertThat(row.messages())
        .containsExactly(Message.user("Ice floats.\nis it light"), Message.assistant("yes"));
  }

  @Test
  void namesARowWithoutIdByFileAndLine() throws IOException {
    Path file =
        Rows.file(
            folder,
            "{\"text\": \"a\"}",
            "",
            "{\"id\": null, \"text\": \"b\"}",
            "{\"id\":\"\",\"text\":\"c\"}");

    assertThat(Rows.read(Rows.config(DataFormat.TEXT), file))
        .extracting(Example::id)
        .containsExactly("rows.jsonl:1", "rows.jsonl:3", "rows.jsonl:4");
  }

  @Test
  void takesTheGroupOfTheSourceBeforeThatOfTheRow() throws IOException {
    Path file = Rows.file(folder, "{\"text\": \"a\", \"lang\": \"zh\"}");
    Map<String, String> fields = Map.of("group", "lang");
    SourceConfig ofSource =
        new SourceConfig("f", DataFormat.TEXT, fields, "en", Optional.empty(), Rows.WHOLE);

    assertThat(Rows.read(Rows.mapped(DataFormat.TEXT, fields), file).get(0).group())
        .isEqualTo("zh");
    assertThat(Rows.read(ofSource, file).get(0).group()).isEqualTo("en");
  }

  private Example only(DataFormat format, String json) throws IOException {
    List<Example> rows = Rows.read(Rows.config(format), Rows.file(folder, json.replace("\n", " ")));
    assertThat(rows).hasSize(1);
    return rows.get(0);
  }
}
