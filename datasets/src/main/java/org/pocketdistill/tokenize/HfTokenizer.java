package org.pocketdistill.tokenize;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.LongStream;
import org.pocketdistill.data.DataException;

/**
 * The tokenizer of a Hugging Face folder ({@code tokenizer.json}), run by Hugging Face's own native
 * library through DJL.
 *
 * <p>Unpaired surrogates are encoded as U+FFFD. Thread-safe; {@link #close} must come after the
 * last use.
 */
public final class HfTokenizer implements Tokenizer {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long MAX_BYTES = 256L << 20;
  private static final byte[] EMPTY_OBJECT = {'{', '}'};
  // DJL by default truncates to 512 tokens, pads, and adds what the post-processor wants
  private static final Map<String, String> AS_IS =
      Map.of("truncation", "false", "padding", "false", "addSpecialTokens", "false");

  private final HuggingFaceTokenizer tokenizer;
  private final Map<String, Integer> ids;
  private final int vocabSize;
  private final OptionalInt eosId;
  private final OptionalInt padId;

  private HfTokenizer(
      HuggingFaceTokenizer tokenizer,
      Map<String, Integer> ids,
      OptionalInt eosId,
      OptionalInt padId) {
    this.tokenizer = tokenizer;
    this.ids = ids;
    this.vocabSize = Collections.max(ids.values()) + 1;
    this.eosId = eosId;
    this.padId = padId;
  }

  /**
   * Loads {@code tokenizer.json} and, where there is one, {@code tokenizer_config.json}.
   *
   * @throws DataException if a file is missing, is not what it should be, or names a token that the
   *     vocabulary lacks
   */
  public static HfTokenizer load(Path folder) {
    Path config = folder.resolve(TokenizerFolder.TOKENIZER_CONFIG_JSON);
    return of(
        folder.toString(),
        read(folder.resolve(TokenizerFolder.TOKENIZER_JSON)),
        Files.exists(config) ? read(config) : EMPTY_OBJECT);
  }

  /**
   * The tokenizer of two files that are in memory.
   *
   * @param source what the files belong to, as named in messages
   * @throws DataException as {@link #load}
   */
  public static HfTokenizer of(String source, byte[] tokenizerJson, byte[] tokenizerConfig) {
    String file = Path.of(source, TokenizerFolder.TOKENIZER_JSON).toString();
    String configFile = Path.of(source, TokenizerFolder.TOKENIZER_CONFIG_JSON).toString();
    Map<String, Integer> ids = TokenizerJson.ids(file, tokenizerJson);
    HuggingFaceTokenizer tokenizer;
    try {
      tokenizer = HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(tokenizerJson), AS_IS);
    } catch (IOException | RuntimeException e) {
      throw new DataException(
          file + ": Hugging Face's tokenizer library refuses it: " + e.getMessage(), e);
    }
    try {
      JsonNode config = json(configFile, tokenizerConfig);
      OptionalInt eosId = namedToken(configFile, config, "eos_token", ids);
      OptionalInt padId = namedToken(configFile, config, "pad_token", ids);
      return new HfTokenizer(tokenizer, ids, eosId, padId);
    } catch (RuntimeException e) {
      tokenizer.close();
      throw e;
    }
  }

  @Override
  public int[] encode(String text) {
    // below HuggingFaceTokenizer.encode, which also builds a span and a string for every token and
    // so takes twice as long
    TokenizersLibrary library = TokenizersLibrary.LIB;
    long encoding = library.encode(tokenizer.getHandle(), UnpairedSurrogates.replaced(text), false);
    try {
      return LongStream.of(library.getTokenIds(encoding)).mapToInt(Math::toIntExact).toArray();
    } finally {
      library.deleteEncoding(encoding);
    }
  }

  @Override
  public String decode(int[] tokenIds, boolean skipSpecialTokens) {
    return tokenizer.decode(Arrays.stream(tokenIds).asLongStream().toArray(), skipSpecialTokens);
  }

  /** Largest id plus one, which is the number of ids unless the vocabulary has gaps. */
  @Override
  public int vocabSize() {
    return vocabSize;
  }

  @Override
  public OptionalInt idOf(String token) {
    Integer id = ids.get(token);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /** Id of {@code eos_token} in {@code tokenizer_config.json}, which ends what a model says. */
  public OptionalInt eosId() {
    return eosId;
  }

  /** Id of {@code pad_token} in {@code tokenizer_config.json}. */
  public OptionalInt padId() {
    return padId;
  }

  @Override
  public void close() {
    tokenizer.close();
  }

  private static OptionalInt namedToken(
      String file, JsonNode config, String key, Map<String, Integer> ids) {
    JsonNode value = config.path(key);
    String token = value.isObject() ? value.path("content").textValue() : value.textValue();
    if (token == null) {
      return OptionalInt.empty();
    }
    Integer id = ids.get(token);
    if (id == null) {
      throw new DataException(
          "%s: %s '%s' is not in the vocabulary of %s"
              .formatted(file, key, token, TokenizerFolder.TOKENIZER_JSON));
    }
    return OptionalInt.of(id);
  }

  private static JsonNode json(String file, byte[] content) {
    try {
      JsonNode node = JSON.readTree(content);
      if (node == null || !node.isObject()) {
        throw new DataException(file + ": expected a JSON object");
      }
      return node;
    } catch (JsonProcessingException e) {
      throw new DataException(file + ": not valid JSON: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new DataException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static byte[] read(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new DataException(
          file + ": no such file; expected the tokenizer of a Hugging Face model folder");
    }
    try {
      long bytes = Files.size(file);
      if (bytes > MAX_BYTES) {
        throw new DataException(
            "%s: %d bytes; expected at most %d".formatted(file, bytes, MAX_BYTES));
      }
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new DataException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }
}
