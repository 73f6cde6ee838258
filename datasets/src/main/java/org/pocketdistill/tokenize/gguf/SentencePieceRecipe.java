package org.pocketdistill.tokenize.gguf;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.pocketdistill.data.DataException;

/**
 * {@code tokenizer.ggml.model} = {@code llama}: SentencePiece's byte-pair encoding, whose merges
 * follow from the scores of the tokens. Blanks are written as U+2581, characters without a token as
 * their bytes.
 */
final class SentencePieceRecipe {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String BLANK = "\u2581";

  private SentencePieceRecipe() {}

  /**
   * The recipe of a vocabulary.
   *
   * @throws DataException if scores, the unknown token or the token of a byte are missing
   */
  static Recipe of(String source, GgufVocabulary vocabulary, TokenTable tokens) {
    TokenRoles roles = TokenRoles.of(source, vocabulary, TokenRoles.Defaults.sentencePiece());
    if (roles.unknown().isEmpty()) {
      throw new DataException(
          source + ": no tokenizer.ggml.unknown_token_id, expected SentencePiece's unknown token");
    }
    requireBytes(source, tokens);
    ObjectNode model =
        JSON.createObjectNode().put("unk_token", tokens.text(roles.unknown().getAsInt()));
    model.put("fuse_unk", true).put("byte_fallback", true).put("ignore_merges", false);
    return new Recipe(
        normalizer(vocabulary.flags().addSpacePrefix().orElse(true)),
        NullNode.instance,
        decoder(),
        model,
        ScoredMerges.of(source, vocabulary.scores(), tokens),
        roles);
  }

  private static void requireBytes(String source, TokenTable tokens) {
    for (int b = 0; b < 256; b++) {
      String token = "<0x%02X>".formatted(b);
      if (!tokens.contains(token)) {
        throw new DataException(
            "%s: tokenizer.ggml.tokens: '%s' is missing, expected the 256 bytes for characters"
                    .formatted(source, token)
                + " without a token");
      }
    }
  }

  private static ObjectNode normalizer(boolean addSpacePrefix) {
    ObjectNode sequence = JSON.createObjectNode().put("type", "Sequence");
    ArrayNode steps = sequence.putArray("normalizers");
    if (addSpacePrefix) {
      steps.addObject().put("type", "Prepend").put("prepend", BLANK);
    }
    steps.add(replace(" ", BLANK));
    return sequence;
  }

  private static ObjectNode decoder() {
    ObjectNode sequence = JSON.createObjectNode().put("type", "Sequence");
    ArrayNode steps = sequence.putArray("decoders");
    steps.add(replace(BLANK, " "));
    steps.addObject().put("type", "ByteFallback");
    steps.addObject().put("type", "Fuse");
    steps.addObject().put("type", "Strip").put("content", " ").put("start", 1).put("stop", 0);
    return sequence;
  }

  private static ObjectNode replace(String text, String by) {
    ObjectNode replace = JSON.createObjectNode().put("type", "Replace");
    replace.putObject("pattern").put("String", text);
    return replace.put("content", by);
  }
}
