package org.pocketdistill.pipeline.cli;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.commons.cli.Option;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.config.Int4Config;
import org.pocketdistill.pipeline.config.Int4Config.Algorithm;
import org.pocketdistill.pipeline.config.MixedConfig;

/** The options of an int4 file, as the job's {@code export.int4} has them. */
final class Int4Options {
  private static final String BLOCK_SIZE = "block-size";
  private static final String ASYMMETRIC = "asymmetric";
  private static final String ALGORITHM = "algorithm";
  private static final String HEAD_BITS = "head-bits";
  private static final String ACCURACY_LEVEL = "accuracy-level";
  private static final String LEFT_TO_RIGHT = "no-act-order";
  private static final String PERCDAMP = "percdamp";
  private static final String TARGET_MB = "target-mb";
  private static final String MAX_KL = "max-kl";
  private static final int SENSITIVITY_TOKENS = 1024;

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
            "int4: rtn (default), to the nearest step; hqq, with optimised zero points between"
                + " steps; or gptq, by what --calibration does in the model"),
        Arguments.value(HEAD_BITS, "N", "int4: bits of embedding and head: 8 (default) or 4"),
        Arguments.value(
            ACCURACY_LEVEL,
            "N",
            "int4: 4 (default) rounds activations to 8 bits as they come, 0 does not"),
        Arguments.flag(
            LEFT_TO_RIGHT,
            "gptq: columns from left to right, not in the order of their inputs' size"),
        Arguments.value(
            PERCDAMP,
            "X",
            "gptq: added to the diagonal of the inputs' moments, as a share of its mean; default 0.01"),
        Arguments.value(
            TARGET_MB,
            "X",
            "int4: 8 bits for as many of the layers that lose most as a package of X MB holds"),
        Arguments.value(
            MAX_KL,
            "X",
            "int4: 8 bits for as few of them as keep the KL divergence to fp32 below X nats, by the sum"
                + " over layers"));
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
    Algorithm algorithm = options.choice(ALGORITHM, List.of(Algorithm.values()), Algorithm.RTN);
    Optional<MixedConfig> mixed = mixed(options);
    for (String option : List.of(LEFT_TO_RIGHT, PERCDAMP)) {
      if (options.has(option) && algorithm != Algorithm.GPTQ) {
        throw options.refused("--" + option + " belongs to --algorithm gptq");
      }
    }
    return new Int4Config(
        number(options, BLOCK_SIZE, Int4Config.BLOCK_SIZES),
        options.has(ASYMMETRIC) ? Optional.of(false) : Optional.empty(),
        algorithm,
        number(options, HEAD_BITS, Int4Config.HEAD_BITS),
        number(options, ACCURACY_LEVEL, Int4Config.ACCURACY_LEVELS),
        options.has(LEFT_TO_RIGHT) ? Optional.of(false) : Optional.empty(),
        options.has(PERCDAMP) ? Optional.of(options.number(PERCDAMP, 0, 1)) : Optional.empty(),
        precision == OnnxPrecision.INT4 ? CalibrationOptions.tokens(options) : Optional.empty(),
        mixed);
  }

  private static Optional<MixedConfig> mixed(OptionValues options) {
    Optional<Double> megabytes = limit(options, TARGET_MB);
    Optional<Double> kl = limit(options, MAX_KL);
    if (megabytes.isPresent() && kl.isPresent()) {
      throw options.refused("--" + TARGET_MB + " and --" + MAX_KL + " exclude each other");
    }
    return megabytes.isPresent() || kl.isPresent()
        ? Optional.of(new MixedConfig(megabytes, kl, SENSITIVITY_TOKENS))
        : Optional.empty();
  }

  private static Optional<Double> limit(OptionValues options, String option) {
    return options.has(option)
        ? Optional.of(options.number(option, 0, Integer.MAX_VALUE))
        : Optional.empty();
  }

  /** What of the options needs rows to calibrate on. */
  static String calibrated(OptionValues options, Int4Config int4) {
    if (int4.isGptq()) {
      return "--algorithm gptq";
    }
    return "--" + (options.has(MAX_KL) ? MAX_KL : TARGET_MB);
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
