package org.pocketdistill.pipeline.cache;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/**
 * Everything besides a document that its entry depends on: whose distributions they are, and how
 * they are kept.
 *
 * @param formatVersion of the files
 * @param teacherSha256 of the teacher's configuration and weights
 * @param tokenizerSha256 of the tokenizer with its chat template
 * @param precision of the teacher's products
 * @param vocabSize number of logits
 * @param topK tokens that are kept of each distribution
 * @param temperature of the distributions
 */
public record CacheHeader(
    int formatVersion,
    String teacherSha256,
    String tokenizerSha256,
    ComputeDtype precision,
    int vocabSize,
    int topK,
    double temperature) {
  private static final int FORMAT_VERSION = 1;

  /** Digits of the name of its folder: 64 bits. */
  private static final int NAME_DIGITS = 16;

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .build();

  /**
   * A header of the version that is written now.
   *
   * @throws DataException if more tokens are wanted than there are
   */
  public static CacheHeader of(
      String teacherSha256,
      String tokenizerSha256,
      ComputeDtype precision,
      int vocabSize,
      int topK,
      double temperature) {
    if (topK > vocabSize) {
      throw new DataException(
          "distill.cache.top_k %d, expected at most the vocabulary's size %d; lower it"
              .formatted(topK, vocabSize));
    }
    return new CacheHeader(
        FORMAT_VERSION, teacherSha256, tokenizerSha256, precision, vocabSize, topK, temperature);
  }

  /** Name of a folder that no cache with another header has. */
  public String name() {
    return HexFormat.of().formatHex(sha256()).substring(0, NAME_DIGITS);
  }

  /** SHA-256 of the header, which binds the cache's files to it. */
  byte[] sha256() {
    return Digests.sha256().digest(json().getBytes(StandardCharsets.UTF_8));
  }

  String json() {
    return JSON.valueToTree(this).toPrettyString() + "\n";
  }

  /**
   * Reads a header.
   *
   * @throws DataException if it is none
   */
  static CacheHeader parse(Path file, String json) {
    try {
      return JSON.readValue(json, CacheHeader.class);
    } catch (JsonProcessingException e) {
      throw new DataException(
          "%s: not the header of a teacher cache (%s); delete the folder, and the cache is made anew"
              .formatted(file, e.getOriginalMessage()),
          e);
    }
  }

  /**
   * Compares this header, found in a file, with the one that is wanted.
   *
   * @throws DataException that names the first field in which they differ, with both values
   */
  void requireEqual(CacheHeader wanted, Path file) {
    ObjectNode here = JSON.valueToTree(this);
    ObjectNode there = JSON.valueToTree(wanted);
    here.properties()
        .forEach(
            field -> {
              String expected = there.get(field.getKey()).asText();
              if (!field.getValue().asText().equals(expected)) {
                throw new DataException(
                    "%s: %s %s, expected %s: the cache is of another teacher or job; give another distill.cache.dir"
                        .formatted(file, field.getKey(), field.getValue().asText(), expected));
              }
            });
  }
}
