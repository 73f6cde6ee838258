package org.pocketdistill.pipeline.safetensors;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.pocketdistill.data.DataException;

/** Reads JSON of unknown origin: one object, no key twice, nothing after it, valid UTF-8. */
public final class StrictJson {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private StrictJson() {}

  /**
   * The object in a file.
   *
   * @param maxBytes longest file accepted
   * @throws DataException if the file is missing, too long or not one JSON object
   */
  public static ObjectNode readObject(Path file, long maxBytes) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new DataException(file + ": no such file");
    }
    long size = Files.size(file);
    if (size > maxBytes) {
      throw new DataException(
          "%s: %d bytes long, expected at most %d".formatted(file, size, maxBytes));
    }
    return parseObject(file, ByteBuffer.wrap(Files.readAllBytes(file)));
  }

  /** The object in {@code utf8}; {@code file} is for messages. */
  static ObjectNode parseObject(Path file, ByteBuffer utf8) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(utf8).toString();
      JsonNode node = MAPPER.readTree(text);
      if (node instanceof ObjectNode object) {
        return object;
      }
      throw new DataException(file + ": expected a JSON object");
    } catch (CharacterCodingException e) {
      throw new DataException(file + ": the JSON is not valid UTF-8", e);
    } catch (JsonProcessingException e) {
      throw new DataException(file + ": invalid JSON: " + e.getOriginalMessage(), e);
    }
  }
}
