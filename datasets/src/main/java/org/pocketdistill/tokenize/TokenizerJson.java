package org.pocketdistill.tokenize;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.NullNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.pocketdistill.data.DataException;

/**
 * Reads the tokens out of a {@code tokenizer.json}, which the native library does not tell: the
 * model's vocabulary and the added tokens. Token by token, for such a file may have 30 MB.
 *
 * <p>Checks what the library takes without a word: it gives added tokens ids of its own choice
 * where the file's do not go on from the vocabulary, lets the last of two equal tokens win, and
 * leaves ids without a token out of texts.
 */
final class TokenizerJson {
  private static final ObjectMapper JSON = new ObjectMapper();
  // far above the largest vocabulary in use (262,144); ids become rows of an embedding matrix
  private static final int MAX_ID = 1 << 24;

  private final String file;
  private final Map<String, Integer> ids = new HashMap<>();
  private final List<Added> added = new ArrayList<>();
  private JsonNode normalizer = NullNode.instance;
  private JsonNode preTokenizer = NullNode.instance;
  private JsonNode postProcessor = NullNode.instance;
  private JsonNode decoder = NullNode.instance;
  private String subwordPrefix = "";
  private boolean hasMerges;

  private TokenizerJson(String file) {
    this.file = file;
  }

  /**
   * The tokens of the file.
   *
   * @param file named in error messages
   * @throws DataException if the content is no tokenizer, or its ids have holes or collide
   */
  static TokenizerFile read(String file, byte[] content) {
    TokenizerJson reader = new TokenizerJson(file);
    // Of bytes, Jackson refuses a name with an escaped surrogate pair: the rarer letters of a
    // vocabulary.
    Reader text =
        new InputStreamReader(
            new ByteArrayInputStream(content), StandardCharsets.UTF_8.newDecoder());
    try (JsonParser parser = JSON.createParser(text)) {
      reader.readRoot(parser);
    } catch (CharacterCodingException e) {
      throw new DataException(file + ": not valid JSON: not UTF-8: " + e.getMessage(), e);
    } catch (JsonProcessingException e) {
      throw new DataException(file + ": not valid JSON: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new DataException(file + ": cannot be read: " + e.getMessage(), e);
    }
    if (reader.ids.isEmpty()) {
      throw new DataException(
          file + ": no tokens in model.vocab; expected a tokenizer.json of Hugging Face");
    }
    BitSet special = reader.checkAdded();
    reader.requireDense();
    reader.checkSteps();
    return new TokenizerFile(reader.ids, special, reader.decoder);
  }

  /** Adds the added tokens to the ids. */
  private BitSet checkAdded() {
    BitSet special = new BitSet();
    Set<String> contents = new HashSet<>();
    int next = ids.size();
    for (Added token : added) {
      if (!contents.add(token.content)) {
        throw new DataException(
            "%s: added_tokens: '%s' is there twice, expected once".formatted(file, token.content));
      }
      Integer inVocab = ids.get(token.content);
      int expected = inVocab == null ? next++ : inVocab;
      if (token.id != expected) {
        throw new DataException(
            "%s: added_tokens: '%s' has id %d, expected %d, %s"
                .formatted(
                    file,
                    token.content,
                    token.id,
                    expected,
                    inVocab == null
                        ? "for added tokens go on from the vocabulary in the order of the file"
                        : "its id in model.vocab"));
      }
      put(token.content, token.id);
      special.set(expected, token.special);
    }
    return special;
  }

  private void requireDense() {
    String[] tokens = new String[ids.size()];
    for (Map.Entry<String, Integer> entry : ids.entrySet()) {
      int id = entry.getValue();
      if (id >= tokens.length) {
        continue;
      }
      if (tokens[id] != null) {
        String first = min(tokens[id], entry.getKey());
        String second = first.equals(tokens[id]) ? entry.getKey() : tokens[id];
        throw new DataException(
            "%s: the tokens '%s' and '%s' both have id %d, expected ids that differ"
                .formatted(file, first, second, id));
      }
      tokens[id] = entry.getKey();
    }
    int hole = Arrays.asList(tokens).indexOf(null);
    if (hole >= 0) {
      throw new DataException(
          "%s: no token has id %d, but one has id %d; expected a token for every id"
              .formatted(file, hole, Collections.max(ids.values())));
    }
  }

  private void checkSteps() {
    TokenizerSteps steps = new TokenizerSteps(file, ids.size());
    steps.checkNormalizer(normalizer);
    steps.checkPreTokenizer(preTokenizer);
    steps.checkPostProcessor(postProcessor);
    steps.checkDecoder(decoder);
    // the library cuts it off the right half of every merge, even of one that is shorter
    if (hasMerges && !subwordPrefix.isEmpty()) {
      throw new DataException(
          "%s: model.continuing_subword_prefix '%s' is not supported with merges, expected none"
              .formatted(file, subwordPrefix));
    }
  }

  private static String min(String a, String b) {
    return a.compareTo(b) <= 0 ? a : b;
  }

  private void readRoot(JsonParser parser) throws IOException {
    expect(parser, parser.nextToken(), JsonToken.START_OBJECT, "the file");
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String field = parser.currentName();
      parser.nextToken();
      switch (field) {
        case "model" -> readModel(parser);
        case "added_tokens" -> readAddedTokens(parser);
        case "normalizer" -> normalizer = JSON.readTree(parser);
        case "pre_tokenizer" -> preTokenizer = JSON.readTree(parser);
        case "post_processor" -> postProcessor = JSON.readTree(parser);
        case "decoder" -> decoder = JSON.readTree(parser);
        default -> parser.skipChildren();
      }
    }
    if (parser.nextToken() != null) {
      throw new DataException(file + ": text after the end of the JSON object");
    }
  }

  private void readModel(JsonParser parser) throws IOException {
    expect(parser, parser.currentToken(), JsonToken.START_OBJECT, "model");
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String field = parser.currentName();
      JsonToken value = parser.nextToken();
      if (field.equals("vocab") && value == JsonToken.START_ARRAY) {
        readScoredVocab(parser);
      } else if (field.equals("vocab")) {
        readVocab(parser);
      } else if (field.equals("continuing_subword_prefix") && value == JsonToken.VALUE_STRING) {
        subwordPrefix = parser.getText();
      } else {
        hasMerges |= field.equals("merges");
        parser.skipChildren();
      }
    }
  }

  private void readVocab(JsonParser parser) throws IOException {
    expect(parser, parser.currentToken(), JsonToken.START_OBJECT, "model.vocab");
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String token = parser.currentName();
      expect(parser, parser.nextToken(), JsonToken.VALUE_NUMBER_INT, "the id of '" + token + "'");
      putNew(token, parser.getLongValue());
    }
  }

  /** A Unigram vocabulary: {@code [[token, score], …]}, ids by position. */
  private void readScoredVocab(JsonParser parser) throws IOException {
    for (int id = 0; parser.nextToken() == JsonToken.START_ARRAY; id++) {
      expect(parser, parser.nextToken(), JsonToken.VALUE_STRING, "token " + id + " of model.vocab");
      putNew(parser.getText(), id);
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        parser.skipChildren();
      }
    }
  }

  private void readAddedTokens(JsonParser parser) throws IOException {
    JsonNode tokens = JSON.readTree(parser);
    for (JsonNode token : tokens) {
      JsonNode content = token.path("content");
      JsonNode id = token.path("id");
      if (!content.isTextual() || !id.isIntegralNumber()) {
        throw new DataException(
            file + ": added_tokens: expected an object with content and id, found " + token);
      }
      added.add(new Added(content.textValue(), id.longValue(), token.path("special").asBoolean()));
    }
  }

  private void putNew(String token, long id) {
    if (ids.containsKey(token)) {
      throw new DataException(
          file + ": model.vocab: the token '" + token + "' is there twice, expected once");
    }
    put(token, id);
  }

  private void put(String token, long id) {
    if (id < 0 || id >= MAX_ID) {
      throw new DataException(
          file + ": token '" + token + "' has id " + id + "; expected 0 to " + (MAX_ID - 1));
    }
    ids.put(token, (int) id);
  }

  private void expect(JsonParser parser, JsonToken found, JsonToken expected, String what) {
    if (found != expected) {
      throw new DataException(
          "%s: line %d: %s: expected %s, found %s"
              .formatted(
                  file, parser.currentLocation().getLineNr(), what, name(expected), name(found)));
    }
  }

  private static String name(JsonToken token) {
    if (token == null) {
      return "the end of the file";
    }
    return switch (token) {
      case START_OBJECT -> "an object";
      case START_ARRAY -> "an array";
      case VALUE_STRING -> "a string";
      case VALUE_NUMBER_INT -> "a whole number";
      default -> token.toString().toLowerCase(Locale.ROOT);
    };
  }

  private record Added(String content, long id, boolean special) {}
}
