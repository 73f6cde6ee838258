package org.pocketdistill.tokenize;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.pocketdistill.data.DataException;

/**
 * Reads the ids out of a {@code tokenizer.json}, which the native library does not tell: the
 * model's vocabulary and the added tokens. Token by token, for such a file may have 30 MB.
 */
final class TokenizerJson {
  private static final ObjectMapper JSON = new ObjectMapper();
  // far above the largest vocabulary in use (262,144); ids become rows of an embedding matrix
  private static final int MAX_ID = 1 << 24;

  private final String file;
  private final Map<String, Integer> ids = new HashMap<>();

  private TokenizerJson(String file) {
    this.file = file;
  }

  /**
   * Id of every token, added tokens included.
   *
   * @param file named in error messages
   * @throws DataException if the content is no tokenizer
   */
  static Map<String, Integer> ids(String file, byte[] content) {
    TokenizerJson reader = new TokenizerJson(file);
    try (JsonParser parser = JSON.createParser(content)) {
      reader.readRoot(parser);
    } catch (JsonProcessingException e) {
      throw new DataException(file + ": not valid JSON: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new DataException(file + ": cannot be read: " + e.getMessage(), e);
    }
    if (reader.ids.isEmpty()) {
      throw new DataException(
          file + ": no tokens in model.vocab; expected a tokenizer.json of Hugging Face");
    }
    return reader.ids;
  }

  private void readRoot(JsonParser parser) throws IOException {
    expect(parser, parser.nextToken(), JsonToken.START_OBJECT, "the file");
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String field = parser.currentName();
      parser.nextToken();
      switch (field) {
        case "model" -> readModel(parser);
        case "added_tokens" -> readAddedTokens(parser);
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
      } else {
        parser.skipChildren();
      }
    }
  }

  private void readVocab(JsonParser parser) throws IOException {
    expect(parser, parser.currentToken(), JsonToken.START_OBJECT, "model.vocab");
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String token = parser.currentName();
      expect(parser, parser.nextToken(), JsonToken.VALUE_NUMBER_INT, "the id of '" + token + "'");
      put(token, parser.getLongValue());
    }
  }

  /** A Unigram vocabulary: {@code [[token, score], …]}, ids by position. */
  private void readScoredVocab(JsonParser parser) throws IOException {
    for (int id = 0; parser.nextToken() == JsonToken.START_ARRAY; id++) {
      expect(parser, parser.nextToken(), JsonToken.VALUE_STRING, "token " + id + " of model.vocab");
      put(parser.getText(), id);
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
      put(content.textValue(), id.longValue());
    }
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
}
