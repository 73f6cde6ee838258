package org.pocketdistill.pipeline.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.pocketdistill.pipeline.safetensors.StrictJson;

/**
 * How a model is meant to generate: {@code generation_config.json}, with transformers' defaults.
 *
 * @param eosTokenIds ids that end a text; empty if the file does not say
 * @param doSample whether tokens are drawn, by the next three; else the most probable is taken
 * @param topK 0 for no limit
 * @param notApplied settings that change what is generated and are not known here, as {@code key
 *     value}
 */
public record GenerationConfig(
    Optional<List<Integer>> eosTokenIds,
    boolean doSample,
    double temperature,
    int topK,
    double topP,
    List<String> notApplied) {
  /** Name of the file in a model folder. */
  public static final String FILE_NAME = "generation_config.json";

  private static final long MAX_BYTES = 1_000_000;
  private static final int DEFAULT_TOP_K = 50;

  /** Values that change nothing. */
  private static final Map<String, Double> NEUTRAL = neutral();

  public GenerationConfig {
    eosTokenIds = eosTokenIds.map(List::copyOf);
    notApplied = List.copyOf(notApplied);
  }

  private static Map<String, Double> neutral() {
    Map<String, Double> neutral = new LinkedHashMap<>();
    neutral.put("repetition_penalty", 1.0);
    neutral.put("encoder_repetition_penalty", 1.0);
    neutral.put("typical_p", 1.0);
    neutral.put("num_beams", 1.0);
    for (String key :
        List.of("no_repeat_ngram_size", "min_p", "epsilon_cutoff", "eta_cutoff", "penalty_alpha")) {
      neutral.put(key, 0.0);
    }
    return neutral;
  }

  /**
   * Reads the file of a folder; a folder without it asks for the most probable tokens.
   *
   * @throws org.pocketdistill.data.DataException if a value is not what it should be
   */
  public static GenerationConfig read(Path folder) throws IOException {
    Path file = folder.resolve(FILE_NAME);
    if (!Files.exists(file)) {
      return new GenerationConfig(Optional.empty(), false, 1, DEFAULT_TOP_K, 1, List.of());
    }
    HfJson json = new HfJson(file, StrictJson.readObject(file, MAX_BYTES));
    boolean doSample = json.flag("do_sample", false);
    double temperature = doSample ? json.positiveDouble("temperature", 1) : 1;
    double topP = json.positiveDouble("top_p", 1);
    if (topP > 1) {
      throw json.bad("top_p", "a number above 0, at most 1");
    }
    return new GenerationConfig(
        eosTokenIds(json), doSample, temperature, topK(json), topP, notApplied(json));
  }

  private static Optional<List<Integer>> eosTokenIds(HfJson json) {
    List<Integer> ids = json.tokenIds("eos_token_id", OptionalInt.empty());
    return ids.isEmpty() ? Optional.empty() : Optional.of(ids);
  }

  private static int topK(HfJson json) {
    JsonNode node = json.get("top_k");
    if (node.isMissingNode() || node.isNull()) {
      return node.isNull() ? 0 : DEFAULT_TOP_K;
    }
    return node.isIntegralNumber() && node.asLong() == 0 ? 0 : json.positiveInt("top_k");
  }

  private static List<String> notApplied(HfJson json) {
    List<String> found = new ArrayList<>();
    NEUTRAL.forEach(
        (key, neutral) -> {
          if (json.has(key) && json.get(key).asDouble() != neutral) {
            found.add(key + " " + json.get(key));
          }
        });
    return found;
  }
}
