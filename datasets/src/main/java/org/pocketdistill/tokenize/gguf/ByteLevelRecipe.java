package org.pocketdistill.tokenize.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.pocketdistill.data.DataException;

/**
 * {@code tokenizer.ggml.model} = {@code gpt2}: byte-pair encoding of texts whose bytes are written
 * in GPT-2's alphabet.
 */
final class ByteLevelRecipe {
  private static final ObjectMapper JSON = new ObjectMapper();
  // what ByteLevel does itself where use_regex is true
  static final String GPT2 =
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

  private ByteLevelRecipe() {}

  /**
   * The recipe of a vocabulary.
   *
   * @throws DataException if the rule before merges is not known, or a merge names no tokens
   */
  static Recipe of(String source, GgufVocabulary vocabulary, TokenTable tokens) {
    PreTokenizerRule rule = PreTokenizerRule.of(source, vocabulary.pre().orElse(""));
    ObjectNode model = JSON.createObjectNode().putNull("unk_token");
    model.put("fuse_unk", false).put("byte_fallback", false);
    return new Recipe(
        NullNode.instance,
        preTokenizer(rule.split()),
        byteLevel(true, true),
        model.put("ignore_merges", rule.ignoreMerges()),
        merges(source, vocabulary.merges(), tokens),
        TokenRoles.of(source, vocabulary, TokenRoles.Defaults.byteLevel(rule.addBos())));
  }

  private static JsonNode preTokenizer(List<String> split) {
    boolean gpt2 = split.get(split.size() - 1).equals(GPT2);
    List<String> steps = gpt2 ? split.subList(0, split.size() - 1) : split;
    if (steps.isEmpty()) {
      return byteLevel(false, gpt2);
    }
    ObjectNode sequence = JSON.createObjectNode().put("type", "Sequence");
    ArrayNode parts = sequence.putArray("pretokenizers");
    steps.forEach(step -> parts.add(split(step)));
    parts.add(byteLevel(false, gpt2));
    return sequence;
  }

  private static ObjectNode split(String regex) {
    ObjectNode split = JSON.createObjectNode().put("type", "Split");
    split.putObject("pattern").put("Regex", regex);
    return split.put("behavior", "Isolated").put("invert", false);
  }

  private static ObjectNode byteLevel(boolean addPrefixSpace, boolean useRegex) {
    return JSON.createObjectNode()
        .put("type", "ByteLevel")
        .put("add_prefix_space", addPrefixSpace)
        .put("trim_offsets", true)
        .put("use_regex", useRegex);
  }

  /** The merges without repetitions: the first of two alike counts, as in llama.cpp. */
  private static List<String> merges(String source, List<String> merges, TokenTable tokens) {
    if (merges.isEmpty()) {
      throw new DataException(
          source + ": no tokenizer.ggml.merges, expected those of a byte-pair encoding");
    }
    Set<String> distinct = new LinkedHashSet<>(2 * merges.size());
    for (int i = 0; i < merges.size(); i++) {
      requireTokens(source, i, merges.get(i), tokens);
      distinct.add(merges.get(i));
    }
    return new ArrayList<>(distinct);
  }

  private static void requireTokens(String source, int index, String merge, TokenTable tokens) {
    int blank = merge.indexOf(' ', 1);
    if (blank < 0 || blank != merge.lastIndexOf(' ') || blank == merge.length() - 1) {
      throw new DataException(
          "%s: tokenizer.ggml.merges[%d] '%s': expected two tokens with one blank between them"
              .formatted(source, index, TokenTable.shown(merge)));
    }
    String left = merge.substring(0, blank);
    String right = merge.substring(blank + 1);
    for (String token : List.of(left, right, left + right)) {
      if (!tokens.contains(token)) {
        throw new DataException(
            "%s: tokenizer.ggml.merges[%d] '%s': '%s' is not among the tokens"
                .formatted(source, index, TokenTable.shown(merge), TokenTable.shown(token)));
      }
    }
  }
}
