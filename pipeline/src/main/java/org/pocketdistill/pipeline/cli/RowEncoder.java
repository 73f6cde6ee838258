package org.pocketdistill.pipeline.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.pocketdistill.data.DataException;
import org.pocketdistill.data.Message;
import org.pocketdistill.data.Role;
import org.pocketdistill.pipeline.lm.CausalDecoder;
import org.pocketdistill.tokenize.ChatMl;
import org.pocketdistill.tokenize.EncodedSegments;
import org.pocketdistill.tokenize.HfTokenizer;

/** Lines of {@code distill score} as token ids. */
final class RowEncoder implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path model;
  private final CausalDecoder decoder;
  private final Path file;
  private HfTokenizer tokenizer;
  private int number;

  RowEncoder(Path model, CausalDecoder decoder, Path file) {
    this.model = model;
    this.decoder = decoder;
    this.file = file;
  }

  /** The next line; empty if it is blank. */
  Optional<int[]> encode(String text) {
    number++;
    if (text.isBlank()) {
      return Optional.empty();
    }
    try {
      return Optional.of(checked(ids(JSON.readTree(text))));
    } catch (JsonProcessingException e) {
      throw bad("not JSON: " + e.getOriginalMessage());
    }
  }

  private int[] ids(JsonNode row) {
    if (row.path("input_ids").isArray()) {
      int[] ids = new int[row.path("input_ids").size()];
      for (int i = 0; i < ids.length; i++) {
        JsonNode id = row.path("input_ids").get(i);
        if (!id.isInt()) {
          throw bad("input_ids[" + i + "]: " + id + ", expected a whole number");
        }
        ids[i] = id.intValue();
      }
      return ids;
    }
    if (row.path("text").isTextual()) {
      return tokenizer().encode(row.path("text").textValue());
    }
    if (row.path("messages").isArray()) {
      return EncodedSegments.encode(tokenizer(), new ChatMl().render(messages(row), false)).ids();
    }
    throw bad("expected one of the fields text, input_ids, messages");
  }

  private List<Message> messages(JsonNode row) {
    List<Message> messages = new ArrayList<>();
    for (JsonNode turn : row.path("messages")) {
      String role = turn.path("role").asText().toUpperCase(Locale.ROOT);
      if (!turn.path("content").isTextual()
          || List.of(Role.values()).stream().noneMatch(known -> known.name().equals(role))) {
        throw bad("messages: " + turn + ", expected role and content");
      }
      messages.add(new Message(Role.valueOf(role), turn.path("content").textValue()));
    }
    return messages;
  }

  private int[] checked(int[] ids) {
    if (ids.length == 0 || ids.length > decoder.contextLength()) {
      throw bad(ids.length + " tokens, expected 1 to " + decoder.contextLength());
    }
    for (int id : ids) {
      if (id < 0 || id >= decoder.vocabSize()) {
        throw bad("id " + id + ", expected 0 to " + (decoder.vocabSize() - 1));
      }
    }
    return ids;
  }

  private HfTokenizer tokenizer() {
    if (tokenizer == null) {
      tokenizer = HfTokenizer.load(model);
    }
    return tokenizer;
  }

  private DataException bad(String what) {
    return new DataException(file + ":" + number + ": " + what);
  }

  @Override
  public void close() {
    if (tokenizer != null) {
      tokenizer.close();
    }
  }
}
