package org.pocketdistill.tokenize;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.pocketdistill.data.DataException;

/**
 * What a model's files say of its chat template.
 *
 * @param plain the template of conversations without tools
 * @param withTools that of conversations with tools, if it is another one
 * @param specialTokens what the template can call by name, for example {@code bos_token}
 * @param controlTokens the special tokens that the template writes, and the named ones
 */
record ChatTemplateFiles(
    Source plain,
    Optional<Source> withTools,
    ObjectNode specialTokens,
    List<String> controlTokens) {
  private static final String KEY = "chat_template";
  private static final String DEFAULT = "default";
  private static final String TOOL_USE = "tool_use";
  private static final long MAX_BYTES = 1 << 24;
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> NAMED =
      List.of(
          "bos_token",
          "eos_token",
          "unk_token",
          "sep_token",
          "pad_token",
          "cls_token",
          "mask_token");

  /**
   * A template's source.
   *
   * @param place file, and what in it
   */
  record Source(String place, String text) {}

  /** The token that ends what the assistant says. */
  Optional<String> endToken() {
    return Optional.ofNullable(specialTokens.path("eos_token").textValue());
  }

  /** What a folder says; empty if it has no template. */
  static Optional<ChatTemplateFiles> load(Path folder) {
    Path config = folder.resolve(TokenizerFolder.TOKENIZER_CONFIG_JSON);
    Path map = folder.resolve("special_tokens_map.json");
    JsonNode settings = Files.exists(config) ? object(config) : JSON.createObjectNode();
    Map<String, Source> templates = inFolder(folder);
    if (templates.isEmpty()) {
      templates = inConfig(config.toString(), settings);
    }
    ObjectNode tokens = JSON.createObjectNode();
    if (Files.exists(map)) {
      putTokens(tokens, object(map));
    }
    putTokens(tokens, settings);
    return of(templates, config.toString(), tokens, () -> special(settings, tokenizer(folder)));
  }

  /** What tokenizer files in memory say; empty if they have no template. */
  static Optional<ChatTemplateFiles> of(
      String source, byte[] tokenizerJson, byte[] tokenizerConfig) {
    String config = Path.of(source, TokenizerFolder.TOKENIZER_CONFIG_JSON).toString();
    JsonNode settings = HfTokenizer.json(config, tokenizerConfig);
    ObjectNode tokens = JSON.createObjectNode();
    putTokens(tokens, settings);
    Supplier<JsonNode> tokenizer =
        () ->
            HfTokenizer.json(
                Path.of(source, TokenizerFolder.TOKENIZER_JSON).toString(), tokenizerJson);
    return of(inConfig(config, settings), config, tokens, () -> special(settings, tokenizer));
  }

  private static Optional<ChatTemplateFiles> of(
      Map<String, Source> templates,
      String config,
      ObjectNode tokens,
      Supplier<Set<String>> special) {
    if (templates.isEmpty()) {
      return Optional.empty();
    }
    Source plain = templates.get(DEFAULT);
    if (plain == null) {
      throw new DataException(
          "%s: %s: templates named %s, expected one named '%s'"
              .formatted(config, KEY, String.join(", ", templates.keySet()), DEFAULT));
    }
    Set<String> control = new LinkedHashSet<>();
    for (String token : special.get()) {
      if (templates.values().stream().anyMatch(source -> source.text().contains(token))) {
        control.add(token);
      }
    }
    for (String name : List.of("bos_token", "eos_token")) {
      Optional.ofNullable(tokens.path(name).textValue()).ifPresent(control::add);
    }
    Optional<Source> withTools = Optional.ofNullable(templates.get(TOOL_USE));
    return Optional.of(new ChatTemplateFiles(plain, withTools, tokens, List.copyOf(control)));
  }

  private static Map<String, Source> inFolder(Path folder) {
    Map<String, Source> templates = new LinkedHashMap<>();
    Path single = folder.resolve("chat_template.jinja");
    Path tools = folder.resolve("additional_chat_templates").resolve(TOOL_USE + ".jinja");
    if (Files.exists(single)) {
      templates.put(DEFAULT, new Source(single.toString(), text(single)));
      if (Files.exists(tools)) {
        templates.put(TOOL_USE, new Source(tools.toString(), text(tools)));
      }
    }
    return templates;
  }

  private static Map<String, Source> inConfig(String config, JsonNode settings) {
    JsonNode value = settings.path(KEY);
    Map<String, Source> templates = new LinkedHashMap<>();
    if (value.isTextual()) {
      templates.put(DEFAULT, new Source(config + ": " + KEY, value.textValue()));
    } else if (value.isArray()) {
      for (JsonNode each : value) {
        String name = each.path("name").textValue();
        String text = each.path("template").textValue();
        if (name == null || text == null) {
          throw new DataException(
              "%s: %s: expected a list of {\"name\": string, \"template\": string}"
                  .formatted(config, KEY));
        }
        templates.put(name, new Source("%s: %s '%s'".formatted(config, KEY, name), text));
      }
    } else if (!value.isMissingNode() && !value.isNull()) {
      throw new DataException(
          "%s: %s: expected a string or a list of named templates".formatted(config, KEY));
    }
    return templates;
  }

  private static void putTokens(ObjectNode tokens, JsonNode settings) {
    for (String name : NAMED) {
      String token = content(settings.path(name));
      if (token != null) {
        tokens.put(name, token);
      }
    }
  }

  private static String content(JsonNode token) {
    return token.isObject() ? token.path("content").textValue() : token.textValue();
  }

  /** The special tokens of the tokenizer, from the smaller of the two files if it tells. */
  private static Set<String> special(JsonNode settings, Supplier<JsonNode> tokenizer) {
    JsonNode added = settings.path("added_tokens_decoder");
    Set<String> special = new LinkedHashSet<>();
    for (JsonNode token : added.isObject() ? added : tokenizer.get().path("added_tokens")) {
      String content = content(token);
      if (token.path("special").booleanValue() && content != null && !content.isEmpty()) {
        special.add(content);
      }
    }
    return special;
  }

  private static Supplier<JsonNode> tokenizer(Path folder) {
    Path file = folder.resolve(TokenizerFolder.TOKENIZER_JSON);
    return () ->
        Files.exists(file)
            ? HfTokenizer.json(file.toString(), read(file, 256L << 20))
            : JSON.createObjectNode();
  }

  private static String text(Path file) {
    return new String(read(file, MAX_BYTES), StandardCharsets.UTF_8);
  }

  private static JsonNode object(Path file) {
    return HfTokenizer.json(file.toString(), read(file, MAX_BYTES));
  }

  private static byte[] read(Path file, long most) {
    try {
      long bytes = Files.size(file);
      if (bytes > most) {
        throw new DataException("%s: %d bytes; expected at most %d".formatted(file, bytes, most));
      }
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new DataException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }
}
