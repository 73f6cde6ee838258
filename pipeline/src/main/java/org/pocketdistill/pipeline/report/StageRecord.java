package org.pocketdistill.pipeline.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a stage left in its {@code stage.json}.
 *
 * @param stage name of its folder
 * @param inputsSha256 hash of all its inputs, or of each
 * @param versions of what ran
 * @param outputs what it made, in the stage's own words
 */
record StageRecord(
    String stage,
    String status,
    Optional<Long> seed,
    Optional<String> started,
    Optional<Double> seconds,
    Optional<Long> peakRssBytes,
    Map<String, String> inputsSha256,
    Map<String, String> versions,
    JsonNode outputs) {
  static final String NOT_RUN = "not run";

  static StageRecord read(Path file, String stage) throws IOException {
    if (!Files.exists(file)) {
      return new StageRecord(
          stage,
          NOT_RUN,
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Map.of(),
          Map.of(),
          MissingNode.getInstance());
    }
    JsonNode node = JsonFiles.read(file);
    return new StageRecord(
        stage,
        node.path("status").asText("unknown"),
        JsonFiles.whole(node.path("seed")),
        Optional.ofNullable(node.path("started").textValue()),
        JsonFiles.number(node.path("seconds")),
        JsonFiles.whole(node.path("peak_rss_bytes")),
        texts(node.path("inputs_sha256"), "all"),
        texts(node.path("versions"), "version"),
        node.path("outputs"));
  }

  /** Scalars by path, in their order; a single scalar under the given name. */
  static Map<String, String> texts(JsonNode node, String single) {
    Map<String, String> texts = new LinkedHashMap<>();
    collect(node, "", single, texts);
    return texts;
  }

  private static void collect(
      JsonNode node, String path, String single, Map<String, String> texts) {
    if (node.isObject()) {
      node.properties()
          .forEach(
              e ->
                  collect(
                      e.getValue(),
                      path.isEmpty() ? e.getKey() : path + "." + e.getKey(),
                      single,
                      texts));
    } else if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        collect(node.get(i), path.isEmpty() ? "" + i : path + "." + i, single, texts);
      }
    } else if (!node.isMissingNode() && !node.isNull()) {
      texts.put(path.isEmpty() ? single : path, node.asText());
    }
  }
}
