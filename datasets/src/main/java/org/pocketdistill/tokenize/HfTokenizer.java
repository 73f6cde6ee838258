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
  // DJL by default truncates to 512 tokens, pads, and adds what the post-processor wants
  private static final Map<String, String> AS_IS =
      Map.of("truncation", "false", "padding", "false", "addSpecialTokens", "false");

  private final HuggingFaceTokenizer tokenizer;
  private final Map<String, Integer> ids;
  private final int vocabSize;
  private final OptionalInt eosId;
  private final OptionalInt padId;

  private HfTokenizer(Path folder, HuggingFaceTokenizer tokenizer, Map<String, Integer> ids) {
    this.tokenizer = tokenizer;
    this.ids = ids;
    this.vocabSize = Collections.max(ids.values()) + 1;
    Path configFile = folder.resolve(TokenizerFolder.TOKENIZER_CONFIG_JSON);
    JsonNode config = Files.exists(configFile) ? json(configFile) : JSON.createObjectNode();
    this.eosId = namedToken(configFile, config, "eos_token");
    this.padId = namedToken(configFile, config, "pad_token");
  }

  /**
   * Loads {@code tokenizer.json} and, where there is one, {@code tokenizer_config.json}.
   *
   * @throws DataException if a file is missing, is not what it should be, or names a token that the
   *     vocabulary lacks
   */
  public static HfTokenizer load(Path folder) {
    Path file = folder.resolve(TokenizerFolder.TOKENIZER_JSON);
    byte[] content = read(file);
    Map<String, Integer> ids = TokenizerJson.ids(file, content);
    HuggingFaceTokenizer tokenizer;
    try {
      tokenizer = HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(content), AS_IS);
    } catch (IOException | RuntimeException e) {
      throw new DataException(
          file + ": Hugging Face's tokenizer library refuses it: " + e.getMessage(), e);
    }
    try {
      return new HfTokenizer(folder, tokenizer, ids);
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

  private OptionalInt namedToken(Path file, JsonNode config, String key) {
    JsonNode value = config.path(key);
    String token = value.isObject() ? value.path("content").textValue() : value.textValue();
    if (token == null) {
      return OptionalInt.empty();
    }
    OptionalInt id = idOf(token);
    if (id.isEmpty()) {
      throw new DataException(
          "%s: %s '%s' is not in the vocabulary of %s"
              .formatted(file, key, token, TokenizerFolder.TOKENIZER_JSON));
    }
    return id;
  }

  private static JsonNode json(Path file) {
    try {
      JsonNode node = JSON.readTree(read(file));
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
