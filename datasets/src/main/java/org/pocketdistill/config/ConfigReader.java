package org.pocketdistill.config;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.pocketdistill.config.YamlNode.Mapping;

/**
 * Reads a YAML file into a record whose components carry {@link Key}.
 *
 * <p>Everything that is wrong is found in one pass and thrown as one {@link ConfigException}, each
 * problem with its line, the value, what was expected and the nearest valid key:
 *
 * <pre>configs/x.yaml:14: distill.temperatur: unknown key, did you mean 'temperature'?</pre>
 *
 * Keys are the component names in snake_case. A record that is {@link Checked} is asked for
 * contradictions among its keys as well. Stateless; safe for use from several threads.
 */
public final class ConfigReader {
  private static final long LARGEST_FILE = 1 << 20;

  private ConfigReader() {}

  /** Reads a file. */
  public static <T extends Record> T read(Path file, Class<T> type) {
    return read(file, type, List.of());
  }

  /**
   * Reads a file with overrides of the form {@code key.path=value}, applied before anything is
   * checked. List items are addressed by index: {@code lora.0.r=4}.
   *
   * @throws ConfigException if the file cannot be read or anything in it is wrong
   */
  public static <T extends Record> T read(Path file, Class<T> type, List<String> overrides) {
    return parse(text(file), file, type, overrides);
  }

  /**
   * Reads YAML that is already in memory.
   *
   * @param file name used in messages
   * @throws ConfigException if anything in it is wrong
   */
  public static <T extends Record> T parse(
      String yaml, Path file, Class<T> type, List<String> overrides) {
    Problems problems = new Problems();
    RecordType recordType = new RecordType(type);
    Object value =
        YamlTreeReader.read(file.toString(), yaml, problems)
            .map(
                root -> {
                  if (root instanceof Mapping mapping) {
                    Overrides.apply(overrides, mapping, problems);
                  }
                  return recordType.read(root, "", problems);
                })
            .orElse(null);
    if (!problems.isEmpty()) {
      throw new ConfigException(file, problems.sorted());
    }
    return type.cast(value);
  }

  private static String text(Path file) {
    try {
      if (!Files.exists(file)) {
        throw wrong(file, "no such file");
      }
      if (Files.isDirectory(file)) {
        throw wrong(file, "is a folder, expected a YAML file");
      }
      if (Files.size(file) > LARGEST_FILE) {
        throw wrong(file, "larger than " + LARGEST_FILE + " bytes, expected a short YAML file");
      }
      String text =
          StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(Files.readAllBytes(file)))
              .toString();
      return text.startsWith("\uFEFF") ? text.substring(1) : text;
    } catch (CharacterCodingException e) {
      throw wrong(file, "is not UTF-8 text; save it as UTF-8");
    } catch (IOException e) {
      throw wrong(file, "cannot be read: " + e.getMessage());
    }
  }

  private static ConfigException wrong(Path file, String message) {
    return new ConfigException(file, List.of(new ConfigProblem(file.toString(), 0, "", message)));
  }
}
