package org.pocketdistill.pipeline.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.pocketdistill.config.Checked;
import org.pocketdistill.config.ConfigException;
import org.pocketdistill.config.ConfigReader;
import org.pocketdistill.config.ConfigWriter;
import org.pocketdistill.config.Contradiction;
import org.pocketdistill.config.Inline;
import org.pocketdistill.config.Key;

/**
 * {@code runtime.json} of a package. {@code configs/schema/runtime.schema.json} describes the file.
 */
public record RuntimeFile(
    @Key(value = "version of the format", defaultValue = "1", min = 1, max = 1) int schemaVersion,
    @Inline RuntimeConfig settings)
    implements Checked {
  /** Name of the file in a package. */
  public static final String FILE_NAME = "runtime.json";

  private static final int VERSION = 1;

  @Override
  public List<Contradiction> contradictions() {
    return settings.contradictions();
  }

  /**
   * The settings of a package; the defaults where it has none, as those of earlier versions.
   *
   * @throws ConfigException with everything that is wrong with the file
   */
  public static RuntimeConfig of(Path folder) {
    Path file = folder.resolve(FILE_NAME);
    return Files.exists(file) ? read(file) : RuntimeConfig.DEFAULT;
  }

  /**
   * Reads a file of this form, JSON or YAML.
   *
   * @throws ConfigException with everything that is wrong with it
   */
  public static RuntimeConfig read(Path file) {
    return ConfigReader.read(file, RuntimeFile.class).settings();
  }

  /** Writes the file into a folder, with every default filled in. */
  public static void write(Path folder, RuntimeConfig settings) throws IOException {
    Files.writeString(
        folder.resolve(FILE_NAME), ConfigWriter.toJson(new RuntimeFile(VERSION, settings)));
  }
}
