package org.pocketdistill.pipeline.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.pocketdistill.config.Checked;
import org.pocketdistill.config.ConfigException;
import org.pocketdistill.config.ConfigReader;
import org.pocketdistill.config.Contradiction;
import org.pocketdistill.config.Key;
import org.pocketdistill.config.Nearest;
import org.pocketdistill.config.Rules;

/** The phones that a package is planned for: {@code phones.yaml}. */
public record PhonesConfig(@Key("each phone that a plan looks at") List<PhoneConfig> phones)
    implements Checked {
  private static final String FILE_NAME = "phones.yaml";

  /** Set by the launcher: where PocketDistill itself lies. */
  private static final String HOME = "POCKETDISTILL_HOME";

  public PhonesConfig {
    phones = List.copyOf(phones);
  }

  /**
   * The file beside the job, else that in {@code configs} of the working directory, else that of
   * PocketDistill.
   *
   * @param job path of the job's file
   */
  public static Optional<Path> find(Path job) {
    Stream<Path> beside = Stream.of(job.resolveSibling(FILE_NAME), Path.of("configs", FILE_NAME));
    Stream<Path> own =
        Optional.ofNullable(System.getenv(HOME)).stream()
            .map(home -> Path.of(home, "configs", FILE_NAME));
    return Stream.concat(beside, own).filter(Files::isRegularFile).findFirst();
  }

  /**
   * Reads a file.
   *
   * @throws ConfigException with everything that is wrong with it
   */
  public static PhonesConfig read(Path file) {
    return ConfigReader.read(file, PhonesConfig.class);
  }

  /**
   * A phone by its name, whatever the case.
   *
   * @throws ConfigException if there is none of this name
   */
  public PhoneConfig phone(String name) {
    List<String> names = phones.stream().map(PhoneConfig::name).toList();
    return phones.stream()
        .filter(phone -> phone.name().equalsIgnoreCase(name))
        .findFirst()
        .orElseThrow(
            () -> new ConfigException("phone '" + name + "', " + Nearest.hint(name, names)));
  }

  @Override
  public List<Contradiction> contradictions() {
    return new Rules()
        .require(!phones.isEmpty(), "no phone is named; name one", "phones")
        .requireDistinct(phones.stream().map(PhoneConfig::name).toList(), "phones")
        .broken();
  }
}
