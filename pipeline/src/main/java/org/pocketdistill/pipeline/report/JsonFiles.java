package org.pocketdistill.pipeline.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.pocketdistill.data.DataException;

/** JSON of a run's files, and numbers in it that may be missing. */
final class JsonFiles {
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private JsonFiles() {}

  static JsonNode read(Path file) throws IOException {
    try {
      JsonNode node = JSON.readTree(file.toFile());
      if (!node.isObject()) {
        throw new DataException(file + ": expected a JSON object");
      }
      return node;
    } catch (JsonProcessingException e) {
      throw new DataException(file + ": no valid JSON: " + e.getOriginalMessage(), e);
    }
  }

  /** The object on a line; empty if there is none, as on a line that a killed process left. */
  static Optional<JsonNode> line(String line) {
    try {
      JsonNode node = JSON.readTree(line);
      return node != null && node.isObject() ? Optional.of(node) : Optional.empty();
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  /** A finite number; empty if there is none. */
  static Optional<Double> number(JsonNode node) {
    return node.isNumber() && Double.isFinite(node.doubleValue())
        ? Optional.of(node.doubleValue())
        : Optional.empty();
  }

  /** A whole number; empty if there is none. */
  static Optional<Long> whole(JsonNode node) {
    return node.isIntegralNumber() && node.canConvertToLong()
        ? Optional.of(node.longValue())
        : Optional.empty();
  }
}
