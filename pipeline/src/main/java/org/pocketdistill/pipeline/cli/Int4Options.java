package org.pocketdistill.pipeline.cli;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.commons.cli.Option;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.config.Int4Config;
import org.pocketdistill.pipeline.config.Int4Config.Algorithm;

/** The options of an int4 file, as the job's {@code export.int4} has them. */
final class Int4Options {
  private static final String BLOCK_SIZE = "block-size";
  private static final String ASYMMETRIC = "asymmetric";
  private static final String ALGORITHM = "algorithm";
  private static final String HEAD_BITS = "head-bits";
  private static final String ACCURACY_LEVEL = "accuracy-level";

  private Int4Options() {}

  /** Names of the options. */
  static List<String> names() {
    return all().stream().map(Option::getLongOpt).toList();
  }

  static List<Option> all() {
    return List.of(
        Arguments.value(
            BLOCK_SIZE, "N", "int4: weights that share a scale: 32 (default), 64 or 128"),
        Arguments.flag(ASYMMETRIC, "int4: a zero point for each block besides its scale"),
        Arguments.value(
            ALGORITHM,
            "NAME",
            "int4: rtn (default), to the nearest step, or hqq, with optimised zero points between"
                + " steps"),
        Arguments.value(HEAD_BITS, "N", "int4: bits of embedding and head: 8 (default) or 4"),
        Arguments.value(
            ACCURACY_LEVEL,
            "N",
            "int4: 4 (default) rounds activations to 8 bits as they come, 0 does not"));
  }

  /** What the options say; refused where another precision is asked for. */
  static Int4Config read(OptionValues options, OnnxPrecision precision) {
    if (precision != OnnxPrecision.INT4) {
      for (String name : names()) {
        if (options.has(name)) {
          throw options.refused("--" + name + " belongs to --precision int4");
        }
      }
    }
    return new Int4Config(
        number(options, BLOCK_SIZE, Int4Config.BLOCK_SIZES),
        options.has(ASYMMETRIC) ? Optional.of(false) : Optional.empty(),
        options.choice(ALGORITHM, List.of(Algorithm.values()), Algorithm.RTN),
        number(options, HEAD_BITS, Int4Config.HEAD_BITS),
        number(options, ACCURACY_LEVEL, Int4Config.ACCURACY_LEVELS));
  }

  /** One of some numbers; the first of them where none is given. */
  private static int number(OptionValues options, String option, List<Integer> numbers) {
    int number = options.whole(option, numbers.get(0), 0);
    if (numbers.contains(number)) {
      return number;
    }
    String expected = numbers.stream().map(String::valueOf).collect(Collectors.joining(", "));
    throw options.refused("--%s '%d', expected one of %s".formatted(option, number, expected));
  }
}
