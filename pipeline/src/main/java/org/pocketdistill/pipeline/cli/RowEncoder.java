package org.pocketdistill.pipeline.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pocketdistill.data.DataException;
import org.pocketdistill.data.Message;
import org.pocketdistill.data.Role;
import org.pocketdistill.data.TextLines;
import org.pocketdistill.pipeline.lm.CausalScorer;
import org.pocketdistill.pipeline.model.StoredModel;
import org.pocketdistill.tokenize.ChatTemplate;
import org.pocketdistill.tokenize.ChatTemplate.Segment;
import org.pocketdistill.tokenize.EncodedSegments;
import org.pocketdistill.tokenize.HfTokenizer;
import org.pocketdistill.tokenize.ReasoningSegments;

/**
 * Rows of {@code input_ids}, {@code text} or {@code messages} as token ids. The tokenizer of the
 * model is loaded at the first row that needs it; closed with this object.
 */
final class RowEncoder implements AutoCloseable {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private final StoredModel model;
  private final CausalScorer decoder;
  private final TextLines lines;
  private final boolean prompts;
  private HfTokenizer tokenizer;
  private ChatTemplate template;

  /**
   * An encoder of the lines, which stay the caller's.
   *
   * @param model whose tokenizer encodes texts
   * @param decoder what the ids have to fit
   */
  RowEncoder(StoredModel model, CausalScorer decoder, TextLines lines) {
    this(model, decoder, lines, false);
  }

  /**
   * An encoder of prompts or of whole conversations.
   *
   * @param prompts whether messages are continued to where an answer begins
   */
  RowEncoder(StoredModel model, CausalScorer decoder, TextLines lines, boolean prompts) {
    this.model = model;
    this.decoder = decoder;
    this.lines = lines;
    this.prompts = prompts;
  }

  /**
   * The next row, blank lines left out; empty at the end of the file.
   *
   * @throws DataException if it is no row, or does not fit the model; names file and line
   */
  Optional<int[]> next() {
    while (lines.next()) {
      String text = lines.text();
      if (!text.isBlank()) {
        return Optional.of(checked(ids(parse(text))));
      }
    }
    return Optional.empty();
  }

  private JsonNode parse(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw bad("not JSON: " + e.getOriginalMessage().replaceAll("\\s+", " "));
    }
  }

  private int[] ids(JsonNode row) {
    if (row.has("input_ids")) {
      return inputIds(row.get("input_ids"));
    }
    if (row.has("text")) {
      if (!row.get("text").isTextual()) {
        throw bad("text: expected a string");
      }
      return tokenizer().encode(row.get("text").textValue());
    }
    if (row.has("messages")) {
      List<Message> messages = messages(row.get("messages"));
      List<Segment> segments = segments(messages, tools(row.path("tools")));
      return EncodedSegments.encode(
              tokenizer(), ReasoningSegments.of(segments, template().reasoningTags()))
          .ids();
    }
    throw bad("expected an object with input_ids, text or messages");
  }

  private int[] inputIds(JsonNode list) {
    if (!list.isArray()) {
      throw bad("input_ids: expected a list of token ids");
    }
    int[] ids = new int[list.size()];
    for (int i = 0; i < ids.length; i++) {
      JsonNode id = list.get(i);
      if (!id.isIntegralNumber() || !id.canConvertToInt()) {
        throw bad("input_ids[" + i + "]: " + shortened(id) + ", expected a token id");
      }
      ids[i] = id.intValue();
    }
    return ids;
  }

  private List<Segment> segments(List<Message> messages, List<JsonNode> tools) {
    try {
      return template().render(messages, tools, prompts);
    } catch (DataException e) {
      throw bad(e.getMessage());
    }
  }

  private List<JsonNode> tools(JsonNode list) {
    if (list.isMissingNode() || list.isNull()) {
      return List.of();
    }
    List<JsonNode> tools = new ArrayList<>();
    list.forEach(tools::add);
    if (!list.isArray() || !tools.stream().allMatch(JsonNode::isObject)) {
      throw bad("tools: " + shortened(list) + ", expected a list of objects");
    }
    return tools;
  }

  private List<Message> messages(JsonNode list) {
    if (!list.isArray()) {
      throw bad("messages: expected a list of {\"role\": ..., \"content\": ...}");
    }
    List<Message> messages = new ArrayList<>();
    for (JsonNode turn : list) {
      String place = "messages[" + messages.size() + "]";
      if (!turn.path("content").isTextual()) {
        throw bad(place + ": " + shortened(turn) + ", expected role and content, both strings");
      }
      messages.add(
          new Message(
              role(place, turn.path("role")),
              turn.get("content").textValue(),
              trace(place, turn.path("reasoning_content"))));
    }
    return messages;
  }

  private String trace(String place, JsonNode value) {
    if (value.isMissingNode() || value.isNull()) {
      return "";
    }
    if (!value.isTextual()) {
      throw bad(place + ".reasoning_content: " + shortened(value) + ", expected a string");
    }
    return value.textValue();
  }

  private Role role(String place, JsonNode name) {
    for (Role role : Role.values()) {
      if (role.key().equals(name.textValue())) {
        return role;
      }
    }
    throw bad(
        place
            + ".role: "
            + (name.isMissingNode() ? "missing" : shortened(name))
            + ", expected "
            + OptionValues.keys(Role.values()));
  }

  private int[] checked(int[] ids) {
    if (ids.length == 0) {
      throw bad("no tokens, expected at least one");
    }
    if (ids.length > decoder.contextLength()) {
      throw bad(
          ids.length
              + " tokens, expected at most "
              + decoder.contextLength()
              + " (the model's context)");
    }
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0 || ids[i] >= decoder.vocabSize()) {
        throw bad(
            "token id %d at position %d, expected 0 to %d"
                .formatted(ids[i], i, decoder.vocabSize() - 1));
      }
    }
    return ids;
  }

  private static String shortened(JsonNode value) {
    String text = value.toString();
    return text.length() <= 80 ? text : text.substring(0, 77) + "...";
  }

  private ChatTemplate template() {
    if (template == null) {
      template = model.chatTemplate();
    }
    return template;
  }

  private HfTokenizer tokenizer() {
    if (tokenizer == null) {
      tokenizer = model.tokenizer();
    }
    return tokenizer;
  }

  private DataException bad(String what) {
    return new DataException(lines.place() + ": " + what);
  }

  @Override
  public void close() {
    if (tokenizer != null) {
      tokenizer.close();
    }
  }
}
