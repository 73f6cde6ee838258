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
import java.util.Map;
import java.util.Optional;
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

  private static final byte[] NOTHING = {};

  private final String file;
  private final HuggingFaceTokenizer tokenizer;
  private final TokenizerFile content;
  private final String[] tokens;
  private final OptionalInt bosId;
  private final OptionalInt eosId;
  private final OptionalInt padId;

  private HfTokenizer(
      String file, HuggingFaceTokenizer tokenizer, TokenizerFile content, NamedTokens named) {
    this.file = file;
    this.tokenizer = tokenizer;
    this.content = content;
    this.tokens = new String[content.ids().size()];
    content.ids().forEach((token, id) -> tokens[id] = token);
    this.bosId = named.id("bos_token");
    this.eosId = named.id("eos_token");
    this.padId = named.id("pad_token");
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
    TokenizerFile content = TokenizerJson.read(file, tokenizerJson);
    HuggingFaceTokenizer tokenizer;
    try {
      tokenizer = HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(tokenizerJson), AS_IS);
    } catch (IOException | RuntimeException e) {
      throw new DataException(
          file + ": Hugging Face's tokenizer library refuses it: " + e.getMessage(), e);
    }
    try {
      JsonNode config = json(configFile, tokenizerConfig);
      NamedTokens named = new NamedTokens(configFile, config, content.ids());
      return new HfTokenizer(file, tokenizer, content, named);
    } catch (RuntimeException e) {
      tokenizer.close();
      throw e;
    }
  }

  @Override
  public int[] encode(String text) {
    return encode(text, false);
  }

  /** As {@link #encode(String)}, with what the file's post-processor puts around a text, as BOS. */
  public int[] encodeWithSpecialTokens(String text) {
    return encode(text, true);
  }

  private int[] encode(String text, boolean addSpecialTokens) {
    // below HuggingFaceTokenizer.encode, which also builds a span and a string for every token and
    // so takes twice as long
    TokenizersLibrary library = TokenizersLibrary.LIB;
    long encoding =
        library.encode(tokenizer.getHandle(), UnpairedSurrogates.replaced(text), addSpecialTokens);
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

  @Override
  public StreamingDecoder streamingDecoder(boolean skipSpecialTokens) {
    TokenBytes bytes = TokenBytes.of(file, content.decoder());
    return new StreamingDecoder(
        id -> {
          boolean none = id < 0 || id >= tokens.length;
          boolean skipped = none || (skipSpecialTokens && content.special().get(id));
          return skipped ? NOTHING : bytes.of(tokens[id]);
        },
        bytes.strippedBlanks());
  }

  @Override
  public int vocabSize() {
    return tokens.length;
  }

  @Override
  public OptionalInt idOf(String token) {
    Integer id = content.ids().get(token);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /** Id of {@code bos_token} in {@code tokenizer_config.json}. */
  public OptionalInt bosId() {
    return bosId;
  }

  /**
   * The first id that stands for different tokens in two tokenizers; empty if there is none. They
   * may still cut a text into different tokens.
   */
  public Optional<String> difference(HfTokenizer other) {
    int id = Arrays.mismatch(tokens, other.tokens);
    return id < 0
        ? Optional.empty()
        : Optional.of(
            "id %d stands for %s in one and for %s in the other"
                .formatted(id, token(id), other.token(id)));
  }

  /**
   * The ids that this tokenizer's tokens have in another, in the order of this one's ids.
   *
   * @throws DataException if the other lacks one of them
   */
  public int[] idsIn(HfTokenizer other) {
    int[] ids = new int[tokens.length];
    for (int id = 0; id < ids.length; id++) {
      Integer there = other.content.ids().get(tokens[id]);
      if (there == null) {
        throw new DataException(
            "%s: token %d, '%s', is not among the %d tokens of %s"
                .formatted(file, id, tokens[id], other.tokens.length, other.file));
      }
      ids[id] = there;
    }
    return ids;
  }

  private String token(int id) {
    return id < tokens.length ? "'" + tokens[id] + "'" : "nothing";
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

  /** The object in a file of a tokenizer. */
  static JsonNode json(String file, byte[] content) {
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

  /** The tokens that {@code tokenizer_config.json} names. */
  private record NamedTokens(String file, JsonNode config, Map<String, Integer> ids) {
    OptionalInt id(String key) {
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
  }
}
