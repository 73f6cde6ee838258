package org.pocketdistill.tokenize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pocketdistill.data.DataException;
import org.pocketdistill.data.Message;

final class ChatTemplatesTest {
  private static final List<Message> HI = List.of(Message.user("Hi"));
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<JsonNode> TOOLS =
      List.of(JSON.createObjectNode().put("name", "set_timer"));

  @TempDir private Path folder;

  private void write(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private void config(String json) throws IOException {
    write("tokenizer_config.json", json.replace('\'', '"'));
  }

  private String text() {
    return ChatTemplates.load(folder).text(HI, List.of(), true);
  }

  @Test
  void takesTheTemplateOfTheConfiguration() throws IOException {
    config("{'chat_template': '{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}'}");

    assertThat(text()).isEqualTo("<user>Hi");
  }

  @Test
  void prefersTheTemplateInAFileOfItsOwn() throws IOException {
    config("{'chat_template': 'of the configuration'}");
    write("chat_template.jinja", "of the file\n");

    assertThat(text()).isEqualTo("of the file");
    assertThat(ChatTemplates.load(folder).jinja()).isEqualTo("of the file\n");
  }

  @Test
  void takesTheNamedTemplateThatTheRowAsksFor() throws IOException {
    config(
        "{'chat_template': [{'name': 'default', 'template': 'plain {{ tools }}'},"
            + " {'name': 'tool_use', 'template': '{{ tools[0].name }}'}]}");
    ChatTemplate template = ChatTemplates.load(folder);

    assertThat(template.text(HI, List.of(), true)).isEqualTo("plain None");
    assertThat(template.text(HI, TOOLS, true)).isEqualTo("set_timer");
  }

  @Test
  void takesTheTemplateForToolsFromItsFile() throws IOException {
    write("chat_template.jinja", "plain");
    write("additional_chat_templates/tool_use.jinja", "{{ tools | tojson }}");
    ChatTemplate template = ChatTemplates.load(folder);

    assertThat(template.text(HI, List.of(), true)).isEqualTo("plain");
    assertThat(template.text(HI, TOOLS, true)).isEqualTo("[{\"name\": \"set_timer\"}]");
  }

  @Test
  void givesToolsToAnOnlyTemplate() throws IOException {
    config("{'chat_template': '{% if tools %}{{ tools | length }}{% else %}none{% endif %}'}");
    ChatTemplate template = ChatTemplates.load(folder);

    assertThat(template.text(HI, List.of(), true)).isEqualTo("none");
    assertThat(template.text(HI, TOOLS, true)).isEqualTo("1");
  }

  @Test
  void tellsTheTemplateTheSpecialTokensThatAreNamed() throws IOException {
    config(
        "{'bos_token': '<s>', 'eos_token': {'content': '</s>', 'special': true}, 'unk_token': null,"
            + " 'chat_template': '{{ bos_token }}{{ eos_token }}{{ pad_token }}"
            + "{{ unk_token is defined }}'}");
    write("special_tokens_map.json", "{\"pad_token\": \"<pad>\", \"bos_token\": \"<b>\"}");

    assertThat(text()).isEqualTo("<s></s><pad>False");
  }

  @Test
  void isChatMlWhereThereIsNone() throws IOException {
    assertThat(ChatTemplates.load(folder)).isInstanceOf(ChatMl.class);
    config("{'chat_template': null}");
    assertThat(ChatTemplates.load(folder)).isInstanceOf(ChatMl.class);
  }

  @Test
  void isBuiltInWhereTheTemplateIsOurs() throws IOException {
    write("chat_template.jinja", new ChatMl().jinja());

    assertThat(ChatTemplates.load(folder)).isInstanceOf(ChatMl.class);
  }

  @Test
  void readsFilesInMemory() {
    String config = "{\"chat_template\": \"{{ eos_token }}\", \"eos_token\": \"<e>\"}";
    String tokenizer =
        "{\"added_tokens\": [{\"content\": \"<e>\", \"special\": true},"
            + " {\"content\": \"<x>\", \"special\": true}]}";

    ChatTemplate template =
        ChatTemplates.of("model.gguf", utf8(tokenizer), utf8(config), ChatTemplates.FIXED_DATE);

    assertThat(template.text(HI, List.of(), true)).isEqualTo("<e>");
    assertThat(template.controlTokens()).containsExactly("<e>");
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void controlsTurnsByTheSpecialTokensThatTheTemplateWrites() throws IOException {
    config(
        "{'bos_token': '<s>', 'eos_token': '</s>', 'added_tokens_decoder': {"
            + "'1': {'content': '<|user|>', 'special': true},"
            + "'2': {'content': '<think>', 'special': false},"
            + "'3': {'content': '<|other|>', 'special': true}},"
            + " 'chat_template': '<|user|>{{ messages[0].content }}<think>'}");

    assertThat(ChatTemplates.load(folder).controlTokens())
        .containsExactly("<|user|>", "<s>", "</s>");
  }

  @Test
  void findsSpecialTokensInTheTokenizerWhereTheConfigurationHasNone() throws IOException {
    config("{'chat_template': '<|user|>'}");
    write(
        "tokenizer.json",
        "{\"added_tokens\": [{\"id\": 0, \"content\": \"<|user|>\", \"special\": true}]}");

    assertThat(ChatTemplates.load(folder).controlTokens()).containsExactly("<|user|>");
  }

  @Test
  void knowsTheDateThatItIsTold() throws IOException {
    write("chat_template.jinja", "{{ strftime_now('%d %b %Y') }}");
    Clock clock = Clock.fixed(Instant.parse("2026-02-03T00:00:00Z"), ZoneOffset.UTC);

    assertThat(text()).isEqualTo("26 Jul 2024");
    assertThat(ChatTemplates.load(folder, clock).text(HI, List.of(), true))
        .isEqualTo("03 Feb 2026");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "{'chat_template': 'a\\n{% include \\\"x\\\" %}'}#: chat_template: line 2: unknown tag 'include'",
        "{'chat_template': 5}#: chat_template: expected a string or a list of named templates",
        "{'chat_template': [{'name': 'default'}]}#: chat_template: expected a list of",
        "{'chat_template': [{'name': 'rag', 'template': ''}]}#: chat_template: templates named rag, expected one named 'default'",
        "{'chat_template'#: not valid JSON",
        "[]#: expected a JSON object",
      })
  void namesFileAndLineOfAWrongTemplate(String json, String reason) throws IOException {
    config(json);

    assertThatThrownBy(() -> ChatTemplates.load(folder))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith(folder.resolve("tokenizer_config.json") + reason);
  }

  @Test
  void saysWhatTheTemplateSaysOfTheRow() throws IOException {
    write("chat_template.jinja", "{{ raise_exception('no system messages') }}");

    assertThatThrownBy(this::text)
        .isInstanceOf(DataException.class)
        .hasMessage(folder.resolve("chat_template.jinja") + ": line 1: no system messages");
  }
}
