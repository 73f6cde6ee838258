package org.pocketdistill.tokenize;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import org.pocketdistill.data.DataException;

/** The chat template of a model: its own, or ChatML where it brings none. */
public final class ChatTemplates {
  /**
   * What templates take for today, unless told otherwise: results must not depend on the day on
   * which they were computed. It is the date that Llama's templates write where there is no clock.
   */
  public static final Clock FIXED_DATE =
      Clock.fixed(Instant.parse("2024-07-26T12:00:00Z"), ZoneOffset.UTC);

  private ChatTemplates() {}

  /**
   * The template of a Hugging Face folder, on {@link #FIXED_DATE}.
   *
   * @throws DataException as {@link #load(Path, Clock)}
   */
  public static ChatTemplate load(Path folder) {
    return load(folder, FIXED_DATE);
  }

  /**
   * The template of a Hugging Face folder: {@code chat_template.jinja} and {@code
   * additional_chat_templates}, otherwise {@code chat_template} of {@code tokenizer_config.json},
   * one or a list with names, of which {@code default} and {@code tool_use} are used.
   *
   * @param clock what a template that writes the date reads
   * @throws DataException if a file cannot be read, or the template is wrong or asks for something
   *     that is not supported; names file and line
   */
  public static ChatTemplate load(Path folder, Clock clock) {
    return of(ChatTemplateFiles.load(folder), clock);
  }

  /**
   * The Jinja source of a Hugging Face folder's own template for conversations without tools, as it
   * stands there; empty if it has none. It is not parsed.
   *
   * @throws DataException if a file cannot be read
   */
  public static Optional<String> source(Path folder) {
    return ChatTemplateFiles.load(folder).map(files -> files.plain().text());
  }

  /**
   * The template of tokenizer files that are in memory.
   *
   * @param source what the files belong to, as named in messages
   * @throws DataException as {@link #load(Path, Clock)}
   */
  public static ChatTemplate of(
      String source, byte[] tokenizerJson, byte[] tokenizerConfig, Clock clock) {
    return of(ChatTemplateFiles.of(source, tokenizerJson, tokenizerConfig), clock);
  }

  private static ChatTemplate of(Optional<ChatTemplateFiles> files, Clock clock) {
    ChatTemplate chatMl = new ChatMl();
    // writes the same text as its Jinja form, and marks what is learned by itself
    return files
        .filter(found -> !found.plain().text().equals(chatMl.jinja()))
        .<ChatTemplate>map(found -> new JinjaChatTemplate(found, clock))
        .orElse(chatMl);
  }
}
