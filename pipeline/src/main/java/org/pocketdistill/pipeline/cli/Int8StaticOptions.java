package org.pocketdistill.pipeline.cli;

import java.util.List;
import java.util.Optional;
import org.apache.commons.cli.Option;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.config.Int8StaticConfig;

/** The options of an int8_static file, as the job's {@code export.int8_static} has them. */
final class Int8StaticOptions {
  private static final String METHOD = "calibration-method";
  private static final String PERCENTILE = "percentile";
  private static final String SMOOTH_QUANT = "smooth-quant";
  private static final int MOST_PER_CENT = 100;
  private static final int LEAST_PER_CENT = 50;

  private Int8StaticOptions() {}

  /** Names of the options. */
  static List<String> names() {
    return List.of(METHOD, PERCENTILE, SMOOTH_QUANT);
  }

  static List<Option> all() {
    return List.of(
        Arguments.value(
            METHOD,
            "NAME",
            "int8_static: minmax (default), percentile or entropy: see export.int8_static"),
        Arguments.value(
            PERCENTILE,
            "P",
            "int8_static: per cent of the magnitudes that are not clipped; default "
                + Int8StaticConfig.DEFAULT.percentile()),
        Arguments.value(
            SMOOTH_QUANT,
            "ALPHA",
            "int8_static: SmoothQuant's alpha, 0 to 1; default: large activations stay as they"
                + " are"));
  }

  /** What the options say; refused where another precision is asked for. */
  static Int8StaticConfig read(OptionValues options, OnnxPrecision precision) {
    if (precision != OnnxPrecision.INT8_STATIC) {
      for (String name : names()) {
        if (options.has(name)) {
          throw options.refused("--" + name + " belongs to --precision int8_static");
        }
      }
      return Int8StaticConfig.DEFAULT;
    }
    Int8StaticConfig usual = Int8StaticConfig.DEFAULT;
    return new Int8StaticConfig(
        options.choice(METHOD, List.of(Int8StaticConfig.Calibration.values()), usual.calibration()),
        percentile(options, usual.percentile()),
        CalibrationOptions.tokens(options),
        options.has(SMOOTH_QUANT)
            ? Optional.of(options.number(SMOOTH_QUANT, 0, 1))
            : Optional.empty());
  }

  private static double percentile(OptionValues options, double usual) {
    double percentile = options.number(PERCENTILE, usual, MOST_PER_CENT);
    if (percentile < LEAST_PER_CENT) {
      throw options.refused(
          "--%s '%s', expected a number from %d to %d"
              .formatted(PERCENTILE, percentile, LEAST_PER_CENT, MOST_PER_CENT));
    }
    return percentile;
  }
}
