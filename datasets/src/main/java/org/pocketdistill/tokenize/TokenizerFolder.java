package org.pocketdistill.tokenize;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes a trained vocabulary as the two files that Hugging Face tools load: {@code tokenizer.json}
 * and {@code tokenizer_config.json}.
 */
public final class TokenizerFolder {
  /** The vocabulary and the rules that cut texts into tokens. */
  public static final String TOKENIZER_JSON = "tokenizer.json";

  /** The tokens with a purpose by name, and mostly the chat template. */
  public static final String TOKENIZER_CONFIG_JSON = "tokenizer_config.json";

  private static final ObjectMapper JSON = new ObjectMapper();

  private TokenizerFolder() {}

  /**
   * Writes both files, each atomically; the folder is made if it is missing.
   *
   * @param modelMaxLength longest sequence of the model, in tokens
   */
  public static void write(
      Path folder, BpeVocabulary vocabulary, ChatTemplate template, int modelMaxLength)
      throws IOException {
    Files.createDirectories(folder);
    write(folder.resolve(TOKENIZER_CONFIG_JSON), tokenizerConfig(template, modelMaxLength));
    write(folder.resolve(TOKENIZER_JSON), tokenizer(vocabulary));
  }

  /** Writes both files as they are given, each atomically; the folder is made if it is missing. */
  public static void write(Path folder, byte[] tokenizer, byte[] tokenizerConfig)
      throws IOException {
    Files.createDirectories(folder);
    AtomicFile.write(folder.resolve(TOKENIZER_CONFIG_JSON), tokenizerConfig);
    AtomicFile.write(folder.resolve(TOKENIZER_JSON), tokenizer);
  }

  private static void write(Path file, ObjectNode content) throws IOException {
    AtomicFile.write(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(content));
  }

  private static ObjectNode tokenizer(BpeVocabulary vocabulary) {
    ObjectNode root = JSON.createObjectNode().put("version", "1.0");
    root.putNull("truncation");
    root.putNull("padding");
    ArrayNode added = root.putArray("added_tokens");
    for (int id = 0; id < SpecialTokens.ALL.size(); id++) {
      ObjectNode token = JSON.createObjectNode().put("id", id);
      added.add(token.setAll(specialToken(SpecialTokens.ALL.get(id))));
    }
    // no Unicode normalisation: decoding gives back the very text that was encoded
    root.putNull("normalizer");
    root.set("pre_tokenizer", preTokenizer(vocabulary.preTokenizer()));
    root.putNull("post_processor");
    root.set("decoder", byteLevel());
    root.set("model", model(vocabulary));
    return root;
  }

  private static ObjectNode specialToken(String content) {
    return JSON.createObjectNode()
        .put("content", content)
        .put("single_word", false)
        .put("lstrip", false)
        .put("rstrip", false)
        .put("normalized", false)
        .put("special", true);
  }

  private static ObjectNode preTokenizer(PreTokenizer rule) {
    ObjectNode split = JSON.createObjectNode().put("type", "Split");
    split.putObject("pattern").put("Regex", rule.pattern());
    split.put("behavior", "Isolated").put("invert", false);
    ObjectNode sequence = JSON.createObjectNode().put("type", "Sequence");
    sequence.putArray("pretokenizers").add(split).add(byteLevel());
    return sequence;
  }

  private static ObjectNode byteLevel() {
    return JSON.createObjectNode()
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", false)
        .put("use_regex", false);
  }

  private static ObjectNode model(BpeVocabulary vocabulary) {
    ObjectNode model = JSON.createObjectNode().put("type", "BPE");
    model.putNull("dropout");
    model.putNull("unk_token");
    model.putNull("continuing_subword_prefix");
    model.putNull("end_of_word_suffix");
    model.put("fuse_unk", false).put("byte_fallback", false).put("ignore_merges", false);
    ObjectNode ids = model.putObject("vocab");
    for (int id = 0; id < vocabulary.tokens().size(); id++) {
      ids.put(vocabulary.tokens().get(id), id);
    }
    ArrayNode merges = model.putArray("merges");
    vocabulary.merges().forEach(merges::add);
    return model;
  }

  private static ObjectNode tokenizerConfig(ChatTemplate template, int modelMaxLength) {
    ObjectNode config = JSON.createObjectNode().put("add_bos_token", false);
    config.put("add_prefix_space", false);
    ObjectNode added = config.putObject("added_tokens_decoder");
    for (int id = 0; id < SpecialTokens.ALL.size(); id++) {
      added.set(Integer.toString(id), specialToken(SpecialTokens.ALL.get(id)));
    }
    config.putNull("bos_token");
    return config
        .put("chat_template", template.jinja())
        .put("clean_up_tokenization_spaces", false)
        .put("eos_token", SpecialTokens.IM_END)
        .put("model_max_length", modelMaxLength)
        .put("pad_token", SpecialTokens.END_OF_TEXT)
        .put("tokenizer_class", "PreTrainedTokenizerFast");
  }
}
