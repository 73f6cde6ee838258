package org.pocketdistill.pipeline.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apache.commons.cli.Option;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.pipeline.calibrate.CalibrationTokens;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.config.Int4Config;
import org.pocketdistill.pipeline.lm.CausalScorer;
import org.pocketdistill.pipeline.model.StoredModel;
import org.pocketdistill.pipeline.onnx.Calibration;
import org.pocketdistill.pipeline.onnx.OnnxExporter;
import org.pocketdistill.pipeline.plan.Int4Budget;
import org.pocketdistill.pipeline.plan.ModelBudget;

/** The rows that an int4 or int8_static file is calibrated on. */
final class CalibrationOptions {
  private static final String CALIBRATION = "calibration";
  private static final String TOKENS = "calibration-tokens";

  private CalibrationOptions() {}

  /** Names of the options. */
  static List<String> names() {
    return List.of(CALIBRATION, TOKENS);
  }

  static List<Option> all() {
    return List.of(
        Arguments.value(
            CALIBRATION,
            "FILE.jsonl",
            "int8_static, gptq, target-mb, max-kl: rows as for distill score, needed; long ones in"
                + " pieces"),
        Arguments.value(
            TOKENS,
            "N",
            "tokens of --calibration, an error if there are fewer; default: up to "
                + CalibrationTokens.DEFAULT));
  }

  /** Number of tokens that is asked for, if one is. */
  static Optional<Integer> tokens(OptionValues options) {
    return options.has(TOKENS) ? Optional.of(options.whole(TOKENS, 1, 1)) : Optional.empty();
  }

  /** Refuses rows that nothing looks at, and what needs rows without any. */
  static void check(OptionValues options, OnnxPrecision precision, Int4Config int4) {
    boolean needed = OnnxExporter.Options.isCalibrated(precision, int4);
    if (needed && !options.has(CALIBRATION)) {
      throw options.refused(
          (precision == OnnxPrecision.INT4
                  ? Int4Options.calibrated(options, int4)
                  : "--precision int8_static")
              + " needs --calibration FILE.jsonl, rows of the kind that the model is for");
    }
    for (String option : names()) {
      if (options.has(option) && !needed) {
        throw options.refused(
            "--"
                + option
                + " belongs to --precision int8_static, and in int4 to --algorithm gptq,"
                + " --target-mb and --max-kl");
      }
    }
  }

  /** Reads the rows; nothing where none are needed. */
  static Calibration read(
      OptionValues options,
      OnnxPrecision precision,
      Int4Config int4,
      StoredModel model,
      CausalScorer decoder,
      int context) {
    if (!OnnxExporter.Options.isCalibrated(precision, int4)) {
      return Calibration.NONE;
    }
    Path file = options.path(CALIBRATION);
    List<Batch> batches = CalibrationRows.read(file, model, decoder, tokens(options));
    Int4Budget budget = new Int4Budget(new ModelBudget(model.config()), int4);
    return new Calibration(batches, widened -> budget.packageBytes(context, widened));
  }
}
