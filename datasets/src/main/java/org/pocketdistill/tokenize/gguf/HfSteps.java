package org.pocketdistill.tokenize.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.pocketdistill.data.DataException;

/**
 * What a {@code tokenizer.json} does to a text before merges, in the terms of a GGUF file; steps
 * that it has no words for are refused.
 *
 * @param file named in messages
 * @param tokenizer content of the file
 */
record HfSteps(String file, JsonNode tokenizer) {
  private static final String BLANK = "\u2581";

  /**
   * The regular expressions that cut a text in a byte-level vocabulary, as {@link
   * PreTokenizerRule#split} has them.
   *
   * @throws DataException if a step is of another kind, or the last is not ByteLevel
   */
  List<String> split() {
    for (JsonNode step : flat(tokenizer.path("normalizer"), "normalizers")) {
      // llama.cpp has no normalizer; texts are in this form already, but for rare ones
      if (!type(step).equals("NFC")) {
        throw bad("normalizer", step, "none, or NFC, in front of byte-level merges");
      }
    }
    List<JsonNode> steps = flat(tokenizer.path("pre_tokenizer"), "pretokenizers");
    List<String> split = new ArrayList<>();
    for (int i = 0; i < steps.size(); i++) {
      JsonNode step = steps.get(i);
      boolean last = i == steps.size() - 1;
      if (last != type(step).equals("ByteLevel")) {
        throw bad("pre_tokenizer", step, "Split or Digits, and ByteLevel as the last step");
      }
      addExpression(step, split);
    }
    return split;
  }

  private void addExpression(JsonNode step, List<String> split) {
    switch (type(step)) {
      case "Digits" -> split.add(step.path("individual_digits").asBoolean() ? "\\p{N}" : "\\p{N}+");
      case "Split" -> split.add(expression(step));
      case "ByteLevel" -> {
        if (step.path("add_prefix_space").asBoolean()) {
          throw bad("pre_tokenizer", step, "add_prefix_space to be false");
        }
        if (step.path("use_regex").asBoolean(true)) {
          split.add(ByteLevelRecipe.GPT2);
        }
      }
      default -> throw bad("pre_tokenizer", step, "Split, Digits or ByteLevel");
    }
  }

  /** Matches are pieces; what is between them is one, too, or there is nothing between them. */
  private String expression(JsonNode step) {
    String behavior = step.path("behavior").asText();
    boolean inverted = step.path("invert").asBoolean();
    String regex = step.at("/pattern/Regex").textValue();
    if (regex == null || !behavior.equals(inverted ? "Removed" : "Isolated")) {
      throw bad("pre_tokenizer", step, "a Regex with behavior Isolated");
    }
    return regex.replace("\r", "\\r").replace("\n", "\\n");
  }

  /**
   * Whether a SentencePiece vocabulary has a blank put before a text.
   *
   * @throws DataException if anything else is done to a text but writing blanks as U+2581
   */
  boolean addsSpacePrefix() {
    boolean prefix = false;
    boolean replaced = false;
    for (JsonNode step : flat(tokenizer.path("normalizer"), "normalizers")) {
      if (type(step).equals("Prepend") && step.path("prepend").asText().equals(BLANK)) {
        prefix = true;
      } else if (type(step).equals("Replace")
          && step.at("/pattern/String").asText().equals(" ")
          && step.path("content").asText().equals(BLANK)) {
        replaced = true;
      } else {
        throw bad("normalizer", step, "SentencePiece's: Prepend and Replace of blanks by U+2581");
      }
    }
    for (JsonNode step : flat(tokenizer.path("pre_tokenizer"), "pretokenizers")) {
      if (replaced || !type(step).equals("Metaspace") || step.path("split").asBoolean()) {
        throw bad("pre_tokenizer", step, "none, or Metaspace that does not split");
      }
      String scheme = step.path("prepend_scheme").asText();
      prefix =
          scheme.isEmpty()
              ? step.path("add_prefix_space").asBoolean(true)
              : !scheme.equals("never");
      replaced = true;
    }
    if (!replaced) {
      throw bad("normalizer", tokenizer.path("normalizer"), "one that writes blanks as U+2581");
    }
    return prefix;
  }

  private static List<JsonNode> flat(JsonNode step, String parts) {
    List<JsonNode> flat = new ArrayList<>();
    if (type(step).equals("Sequence")) {
      step.path(parts).forEach(part -> flat.addAll(flat(part, parts)));
    } else if (step.isObject()) {
      flat.add(step);
    }
    return flat;
  }

  private static String type(JsonNode step) {
    return step.path("type").asText();
  }

  private DataException bad(String key, JsonNode found, String expected) {
    return new DataException(
        "%s: %s %s cannot be written to a GGUF file, expected %s"
            .formatted(file, key, TokenTable.shown(found.toString()), expected));
  }
}
