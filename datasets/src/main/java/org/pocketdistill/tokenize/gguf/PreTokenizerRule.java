package org.pocketdistill.tokenize.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pocketdistill.config.Nearest;
import org.pocketdistill.data.DataException;

/**
 * What cuts a text before merges.
 *
 * @param split regular expressions, applied one after another to the pieces of the one before; a
 *     match and the text between matches are pieces
 * @param ignoreMerges a piece that is a token is taken whole, whatever the merges make of it
 * @param addBos BOS comes before a text where the file does not say
 */
record PreTokenizerRule(List<String> split, boolean ignoreMerges, boolean addBos) {
  private static final String DEFAULT = "default";
  private static final int NEAREST = 4;
  private static final Table TABLE = Table.read();

  /**
   * The rule that a file names.
   *
   * @param pre {@code tokenizer.ggml.pre}, empty where it is absent
   * @throws DataException if the rule is not known or not supported
   */
  static PreTokenizerRule of(String source, String pre) {
    PreTokenizerRule rule = TABLE.rules.get(pre.isEmpty() ? DEFAULT : pre);
    if (rule != null) {
      return rule;
    }
    String reason = TABLE.unsupported.get(pre);
    if (reason != null) {
      throw new DataException(
          "%s: tokenizer.ggml.pre '%s' is not supported: %s".formatted(source, pre, reason));
    }
    throw new DataException(
        "%s: tokenizer.ggml.pre '%s' is not known; the nearest of the %d known are %s"
            .formatted(
                source,
                TokenTable.shown(pre),
                TABLE.rules.size(),
                String.join(", ", Nearest.of(pre, TABLE.rules.keySet(), NEAREST))));
  }

  /**
   * The value of {@code tokenizer.ggml.pre} for a rule, the first of several; empty if llama.cpp
   * has none that cuts so. Whether BOS is added is said by a key of its own.
   */
  static Optional<String> nameOf(List<String> split, boolean ignoreMerges) {
    return TABLE.rules.entrySet().stream()
        .filter(rule -> rule.getValue().split.equals(split))
        .filter(rule -> rule.getValue().ignoreMerges == ignoreMerges)
        .map(Map.Entry::getKey)
        .findFirst();
  }

  /** Every value of {@code tokenizer.ggml.pre} that has a rule. */
  static List<String> values() {
    return List.copyOf(TABLE.rules.keySet());
  }

  /** The resource, which is part of the program. */
  private record Table(Map<String, PreTokenizerRule> rules, Map<String, String> unsupported) {
    static Table read() {
      try (InputStream in = PreTokenizerRule.class.getResourceAsStream("pre-tokenizers.yaml")) {
        JsonNode root = new YAMLMapper().readTree(in);
        Map<String, PreTokenizerRule> rules = new LinkedHashMap<>();
        for (JsonNode rule : root.get("rules")) {
          List<String> split = new ArrayList<>();
          rule.get("split")
              .forEach(name -> split.add(root.get("expressions").get(name.asText()).textValue()));
          PreTokenizerRule parsed =
              new PreTokenizerRule(
                  List.copyOf(split),
                  rule.path("ignore_merges").booleanValue(),
                  rule.path("add_bos").booleanValue());
          rule.get("values").forEach(value -> rules.put(value.asText(), parsed));
        }
        Map<String, String> unsupported = new LinkedHashMap<>();
        root.get("unsupported")
            .properties()
            .forEach(entry -> unsupported.put(entry.getKey(), entry.getValue().asText()));
        return new Table(rules, unsupported);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
