package org.pocketdistill.eval.result;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import java.io.IOException;
import java.nio.file.Path;
import org.pocketdistill.data.DataException;

/** Reads and writes {@code results.json}: keys in snake_case, the same bytes for equal results. */
public final class ResultsFile {
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .addModule(new Jdk8Module())
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .defaultPrettyPrinter(
              new DefaultPrettyPrinter().withObjectIndenter(new DefaultIndenter("  ", "\n")))
          .build();

  private ResultsFile() {}

  /** Writes the results; the file is there whole or not at all. */
  public static void write(Path file, EvaluationResults results) throws IOException {
    AtomicFile.write(
        file, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(results) + "\n");
  }

  /**
   * Reads results.
   *
   * @throws DataException if the file is missing or not of this form
   */
  public static EvaluationResults read(Path file) {
    try {
      JsonNode json = JSON.readTree(file.toFile());
      requireVersion(file, json.path("schema_version"));
      return JSON.treeToValue(json, EvaluationResults.class);
    } catch (JsonProcessingException e) {
      throw new DataException(
          file + ": not a results file of this version: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new DataException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** Asked first: a file of another version is not of this form either. */
  private static void requireVersion(Path file, JsonNode version) {
    if (version.isInt() && version.intValue() != EvaluationResults.SCHEMA_VERSION) {
      throw new DataException(
          String.format(
              "%s: schema_version %d: expected %d; evaluate again with this version",
              file, version.intValue(), EvaluationResults.SCHEMA_VERSION));
    }
  }
}
