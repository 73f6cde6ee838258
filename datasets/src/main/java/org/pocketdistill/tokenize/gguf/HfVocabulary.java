package org.pocketdistill.tokenize.gguf;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.pocketdistill.data.DataException;
import org.pocketdistill.tokenize.ChatTemplates;
import org.pocketdistill.tokenize.HfTokenizer;
import org.pocketdistill.tokenize.TokenizerFolder;
import org.pocketdistill.tokenize.gguf.GgufVocabulary.Flags;
import org.pocketdistill.tokenize.gguf.GgufVocabulary.SpecialIds;

/**
 * The tokenizer of a Hugging Face folder as a GGUF file has it: the way back of {@link
 * GgufTokenizer}. Byte-pair vocabularies only, byte-level ones and SentencePiece's.
 */
public final class HfVocabulary {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final String file;
  private final JsonNode tokenizer;
  private final JsonNode config;
  private final HfTokenizer ids;

  private HfVocabulary(String file, JsonNode tokenizer, JsonNode config, HfTokenizer ids) {
    this.file = file;
    this.tokenizer = tokenizer;
    this.config = config;
    this.ids = ids;
  }

  /**
   * Reads {@code tokenizer.json}, {@code tokenizer_config.json} and the chat template. The result
   * gives the folder's ids on texts of many kinds, which is tried.
   *
   * @throws DataException if there is no tokenizer, or one that a GGUF file cannot carry
   */
  public static GgufVocabulary read(Path folder) throws IOException {
    Path file = folder.resolve(TokenizerFolder.TOKENIZER_JSON);
    Path config = folder.resolve(TokenizerFolder.TOKENIZER_CONFIG_JSON);
    try (HfTokenizer ids = HfTokenizer.load(folder)) {
      HfVocabulary reader =
          new HfVocabulary(
              file.toString(),
              json(file),
              Files.exists(config) ? json(config) : JSON.createObjectNode(),
              ids);
      GgufVocabulary vocabulary = reader.vocabulary(ChatTemplates.source(folder));
      VocabularyProbe.requireSameIds(reader.file, ids, vocabulary, reader.added());
      return vocabulary;
    }
  }

  private static JsonNode json(Path file) throws IOException {
    try {
      // Of bytes, Jackson refuses a name with an escaped surrogate pair.
      return JSON.readTree(Files.readString(file));
    } catch (JsonProcessingException e) {
      throw new DataException(file + ": not valid JSON: " + e.getMessage(), e);
    }
  }

  private GgufVocabulary vocabulary(Optional<String> chatTemplate) {
    JsonNode model = tokenizer.path("model");
    requireBytePairs(model);
    boolean sentencePiece = model.path("byte_fallback").asBoolean();
    List<String> merges = merges(model.path("merges"));
    List<String> tokens = tokens();
    List<Integer> types = types(tokens, sentencePiece);
    OptionalLong unknown = unknown(model);
    SpecialIds special =
        new SpecialIds(toLong(ids.bosId()), toLong(ids.eosId()), unknown, toLong(ids.padId()));
    HfSteps steps = new HfSteps(file, tokenizer);
    if (!sentencePiece) {
      String pre = pre(steps.split(), model.path("ignore_merges").asBoolean());
      return new GgufVocabulary(
          "gpt2",
          Optional.of(pre),
          tokens,
          types,
          List.of(),
          merges,
          special,
          flags(Optional.empty()),
          chatTemplate);
    }
    GgufVocabulary unscored =
        new GgufVocabulary(
            "llama",
            Optional.of("default"),
            tokens,
            types,
            List.of(),
            List.of(),
            special,
            flags(Optional.of(steps.addsSpacePrefix())),
            chatTemplate);
    return unscored.withScores(MergeScores.of(file, merges, TokenTable.of(file, unscored)));
  }

  private void requireBytePairs(JsonNode model) {
    if (!model.path("type").asText("BPE").equals("BPE") || !model.path("vocab").isObject()) {
      throw new DataException(
          "%s: model.type %s, expected BPE: other vocabularies are not written to GGUF files"
              .formatted(file, model.path("type")));
    }
    for (String key : List.of("continuing_subword_prefix", "end_of_word_suffix")) {
      if (!model.path(key).asText("").isEmpty() && !model.path(key).isNull()) {
        throw new DataException(
            "%s: model.%s %s, expected none: a GGUF file cannot carry it"
                .formatted(file, key, model.path(key)));
      }
    }
  }

  private String pre(List<String> split, boolean ignoreMerges) {
    return PreTokenizerRule.nameOf(split, ignoreMerges)
        .orElseThrow(
            () ->
                new DataException(
                    "%s: pre_tokenizer %s%s: llama.cpp has no rule that cuts texts so; a tokenizer"
                            .formatted(
                                file,
                                TokenTable.shown(split.toString()),
                                ignoreMerges ? " with ignore_merges" : "")
                        + " that a job trains with tokenizer.pre_tokenizer: qwen2 has one"));
  }

  private List<String> merges(JsonNode list) {
    List<String> merges = new ArrayList<>(list.size());
    for (JsonNode merge : list) {
      String text =
          merge.isArray() ? merge.path(0).asText() + " " + merge.path(1).asText() : merge.asText();
      int blank = text.indexOf(' ');
      if (blank <= 0 || blank != text.lastIndexOf(' ') || blank == text.length() - 1) {
        throw new DataException(
            "%s: model.merges: %s, expected two tokens without blanks".formatted(file, merge));
      }
      merges.add(text);
    }
    return merges;
  }

  private List<String> tokens() {
    String[] tokens = new String[ids.vocabSize()];
    tokenizer
        .at("/model/vocab")
        .properties()
        .forEach(token -> tokens[token.getValue().intValue()] = token.getKey());
    tokenizer
        .path("added_tokens")
        .forEach(token -> tokens[token.path("id").intValue()] = token.path("content").asText());
    return Arrays.asList(tokens);
  }

  private List<String> added() {
    List<String> added = new ArrayList<>();
    tokenizer.path("added_tokens").forEach(token -> added.add(token.path("content").asText()));
    return added;
  }

  private List<Integer> types(List<String> tokens, boolean sentencePiece) {
    TokenType[] types = new TokenType[tokens.size()];
    for (int id = 0; id < types.length; id++) {
      boolean isByte = sentencePiece && tokens.get(id).matches("<0x[0-9A-F]{2}>");
      types[id] = isByte ? TokenType.BYTE : TokenType.NORMAL;
    }
    for (JsonNode token : tokenizer.path("added_tokens")) {
      boolean special = token.path("special").asBoolean();
      types[token.path("id").intValue()] = special ? TokenType.CONTROL : TokenType.USER_DEFINED;
    }
    OptionalLong unknown = unknown(tokenizer.path("model"));
    if (sentencePiece && unknown.isPresent()) {
      types[(int) unknown.getAsLong()] = TokenType.UNKNOWN;
    }
    return Arrays.stream(types).map(TokenType::number).toList();
  }

  private OptionalLong unknown(JsonNode model) {
    JsonNode named = config.path("unk_token");
    String token = named.isObject() ? named.path("content").textValue() : named.textValue();
    if (model.path("unk_token").isTextual()) {
      token = model.path("unk_token").textValue();
    }
    return token == null ? OptionalLong.empty() : toLong(ids.idOf(token));
  }

  /** What is put around a text, as the post-processor does it. */
  private Flags flags(Optional<Boolean> addSpacePrefix) {
    int[] around = ids.encodeWithSpecialTokens("");
    boolean bos = around.length > 0 && around[0] == ids.bosId().orElse(-1);
    boolean eos =
        around.length > (bos ? 1 : 0) && around[around.length - 1] == ids.eosId().orElse(-1);
    if (around.length != (bos ? 1 : 0) + (eos ? 1 : 0)) {
      throw new DataException(
          "%s: post_processor puts %s around a text, expected bos_token before or eos_token after it"
              .formatted(file, Arrays.toString(around)));
    }
    return new Flags(Optional.of(bos), Optional.of(eos), addSpacePrefix);
  }

  private static OptionalLong toLong(OptionalInt id) {
    return id.isPresent() ? OptionalLong.of(id.getAsInt()) : OptionalLong.empty();
  }
}
