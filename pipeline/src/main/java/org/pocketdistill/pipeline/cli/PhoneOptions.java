package org.pocketdistill.pipeline.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apache.commons.cli.Option;
import org.pocketdistill.pipeline.config.PhoneConfig;
import org.pocketdistill.pipeline.config.PhonesConfig;

/** Options of the commands that know phones. */
final class PhoneOptions {
  static final String PHONES = "phones";
  static final String PHONE = "phone";

  private PhoneOptions() {}

  static List<Option> all() {
    return List.of(
        Arguments.value(
            PHONES,
            "FILE",
            "the phones; default: phones.yaml beside the job or in configs, or that of PocketDistill"),
        Arguments.value(
            PHONE, "NAME", "a phone of that file; exit code 3 if a package does not fit it"));
  }

  /**
   * The phones that are given or found.
   *
   * @param beside a file in whose folder to look first
   */
  static Optional<PhonesConfig> phones(OptionValues options, Path beside) {
    Optional<Path> file = options.findPath(PHONES).or(() -> PhonesConfig.find(beside));
    if (file.isEmpty() && options.has(PHONE)) {
      throw options.refused("--phone needs a phones.yaml; name one with --phones");
    }
    return file.map(PhonesConfig::read);
  }

  /** The phone that is named. */
  static Optional<PhoneConfig> phone(OptionValues options, Optional<PhonesConfig> phones) {
    return options.text(PHONE).flatMap(name -> phones.map(all -> all.phone(name)));
  }
}
