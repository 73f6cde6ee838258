package org.pocketdistill.tokenize.gguf;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Set;
import org.pocketdistill.data.DataException;
import org.pocketdistill.tokenize.ChatTemplate;
import org.pocketdistill.tokenize.ChatTemplates;
import org.pocketdistill.tokenize.HfTokenizer;
import org.pocketdistill.tokenize.TokenizerFolder;

/**
 * A GGUF file's tokenizer as the two files that Hugging Face tools load. The ids of every text are
 * those of llama.cpp, special tokens written in it included.
 */
public final class GgufTokenizer {
  private static final String BYTE_LEVEL = "gpt2";
  private static final Set<String> MODELS = Set.of(BYTE_LEVEL, "llama");

  private final String source;
  private final byte[] tokenizerJson;
  private final byte[] tokenizerConfig;

  private GgufTokenizer(String source, byte[] tokenizerJson, byte[] tokenizerConfig) {
    this.source = source;
    this.tokenizerJson = tokenizerJson;
    this.tokenizerConfig = tokenizerConfig;
  }

  /**
   * Checks and converts a vocabulary.
   *
   * @param source the file, as named in messages
   * @param modelMaxLength longest sequence of the model, in tokens
   * @throws DataException if the tokenizer is of a kind that is not supported, or contradicts
   *     itself
   */
  public static GgufTokenizer of(String source, GgufVocabulary vocabulary, int modelMaxLength) {
    if (!MODELS.contains(vocabulary.model())) {
      throw new DataException(
          ("%s: tokenizer.ggml.model '%s' is not supported, expected gpt2 (byte-level BPE) or llama"
                  + " (SentencePiece)")
              .formatted(source, TokenTable.shown(vocabulary.model())));
    }
    TokenTable tokens = TokenTable.of(source, vocabulary);
    Recipe recipe =
        vocabulary.model().equals(BYTE_LEVEL)
            ? ByteLevelRecipe.of(source, vocabulary, tokens)
            : SentencePieceRecipe.of(source, vocabulary, tokens);
    return new GgufTokenizer(
        source,
        TokenizerJsonWriter.bytes(tokens, recipe),
        TokenizerConfigJson.bytes(
            tokens, recipe.roles(), vocabulary.chatTemplate(), modelMaxLength));
  }

  /** Writes {@code tokenizer.json} and {@code tokenizer_config.json}, each atomically. */
  public void write(Path folder) throws IOException {
    TokenizerFolder.write(folder, tokenizerJson, tokenizerConfig);
  }

  /**
   * The file's own chat template, or ChatML if it has none.
   *
   * @param clock what a template that writes the date reads
   * @throws DataException if the template is wrong or asks for something that is not supported
   */
  public ChatTemplate chatTemplate(Clock clock) {
    return ChatTemplates.of(source, tokenizerJson, tokenizerConfig, clock);
  }

  /** The tokenizer itself, without a file in between. */
  public HfTokenizer open() {
    return HfTokenizer.of(source, tokenizerJson, tokenizerConfig);
  }
}
