package org.pocketdistill.tokenize;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;
import org.pocketdistill.data.DataException;

/**
 * Refuses the steps of a {@code tokenizer.json} at which Hugging Face's library panics, for that
 * ends the whole program: templates with tokens that they do not define, replacements of nothing,
 * cuts at the end of a text, tables that cannot be parsed, expressions that take for ever.
 *
 * <p>Found by trying with tokenizers 0.21.4, the version in DJL 0.36.
 */
final class TokenizerSteps {
  private final String file;
  private final int vocabSize;

  /**
   * A check of one file.
   *
   * @param file named in error messages
   * @param vocabSize ids that a template may add are below
   */
  TokenizerSteps(String file, int vocabSize) {
    this.file = file;
    this.vocabSize = vocabSize;
  }

  /** Checks {@code normalizer}, which may be a sequence. */
  void checkNormalizer(JsonNode step) {
    step.path("normalizers").forEach(this::checkNormalizer);
    switch (step.path("type").asText()) {
      case "Replace" ->
          require(
              !step.path("pattern").path("String").asText().isEmpty(),
              "normalizer",
              step,
              "the replacement of a String that is not empty");
      case "Prepend" ->
          require(
              !step.path("prepend").asText().isEmpty(), "normalizer", step, "a text to put before");
      case "Precompiled" ->
          throw new DataException(
              file + ": normalizer Precompiled is not supported, expected one without a table");
      default -> {}
    }
  }

  /** Checks {@code pre_tokenizer}, which may be a sequence. */
  void checkPreTokenizer(JsonNode step) {
    step.path("pretokenizers").forEach(this::checkPreTokenizer);
    checkRegex("pre_tokenizer", step);
  }

  private void checkRegex(String where, JsonNode step) {
    RegexCheck.danger(step.path("pattern").path("Regex").asText())
        .ifPresent(
            danger -> {
              throw new DataException(
                  "%s: %s: the expression has %s, expected one that cannot take for ever"
                      .formatted(file, where, danger));
            });
  }

  /** Checks {@code decoder}, which may be a sequence. */
  void checkDecoder(JsonNode step) {
    step.path("decoders").forEach(this::checkDecoder);
    checkRegex("decoder", step);
    boolean strip = step.path("type").asText().equals("Strip");
    require(
        !strip || step.path("stop").asInt() == 0,
        "decoder",
        step,
        "nothing to be stripped at the end of a text");
  }

  /** Checks {@code post_processor}, which may be a sequence. */
  void checkPostProcessor(JsonNode step) {
    step.path("processors").forEach(this::checkPostProcessor);
    switch (step.path("type").asText()) {
      case "TemplateProcessing" -> {
        JsonNode tokens = step.path("special_tokens");
        checkTemplate(step, "single", Set.of("A"), tokens);
        checkTemplate(step, "pair", Set.of("A", "B"), tokens);
        tokens.forEach(this::checkTemplateToken);
      }
      case "BertProcessing", "RobertaProcessing" -> {
        checkId(step, step.path("sep").path(1));
        checkId(step, step.path("cls").path(1));
      }
      default -> {}
    }
  }

  private void checkTemplate(JsonNode step, String name, Set<String> texts, JsonNode tokens) {
    require(step.path(name).isArray(), "post_processor", step.path(name), "an array, " + name);
    for (JsonNode piece : step.path(name)) {
      boolean token = piece.has("SpecialToken");
      String id = piece.path(token ? "SpecialToken" : "Sequence").path("id").asText();
      require(
          token ? tokens.has(id) : texts.contains(id),
          "post_processor." + name,
          piece,
          token ? "a token of special_tokens" : "sequence " + String.join(" or ", sorted(texts)));
    }
  }

  private static Iterable<String> sorted(Set<String> texts) {
    return texts.stream().sorted().toList();
  }

  private void checkTemplateToken(JsonNode token) {
    require(
        token.path("ids").isArray() && token.path("ids").size() == token.path("tokens").size(),
        "post_processor",
        token,
        "as many ids as tokens");
    token.path("ids").forEach(id -> checkId(token, id));
  }

  private void checkId(JsonNode step, JsonNode id) {
    require(
        id.isIntegralNumber() && id.asLong(-1) >= 0 && id.asLong() < vocabSize,
        "post_processor",
        step,
        "ids from 0 to " + (vocabSize - 1));
  }

  private void require(boolean holds, String where, JsonNode found, String expected) {
    if (!holds) {
      throw new DataException(
          "%s: %s: found %s, expected %s".formatted(file, where, found, expected));
    }
  }
}
