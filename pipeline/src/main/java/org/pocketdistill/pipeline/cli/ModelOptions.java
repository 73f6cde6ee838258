package org.pocketdistill.pipeline.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.pocketdistill.pipeline.lm.LanguageModelFolder;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/** Options that every command on a model has. */
final class ModelOptions {
  private static final String MODEL = "model";
  private static final String DTYPE = "dtype";

  private ModelOptions() {}

  static Option model() {
    return Arguments.value(
        MODEL, "DIR", "a Hugging Face folder or an exported ONNX package (required)");
  }

  static Option dtype() {
    return Arguments.value(
        DTYPE, "TYPE", "type of matrix products of a Hugging Face folder: fp32 (default) or bf16");
  }

  static LanguageModelFolder folder(Command command, CommandLine line) throws IOException {
    return new LanguageModelFolder(path(command, line));
  }

  static Path path(Command command, CommandLine line) {
    return Path.of(required(command, line, MODEL));
  }

  static String required(Command command, CommandLine line, String option) {
    String value = line.getOptionValue(option);
    if (value == null) {
      throw Arguments.refused(command, "option '--" + option + "' is missing");
    }
    return value;
  }

  static ComputeDtype dtype(Command command, CommandLine line) {
    String name = line.getOptionValue(DTYPE, "fp32");
    for (ComputeDtype dtype : ComputeDtype.values()) {
      if (dtype.name().toLowerCase(Locale.ROOT).equals(name)) {
        return dtype;
      }
    }
    throw Arguments.refused(command, "--dtype '" + name + "', expected fp32 or bf16");
  }

  static int whole(Command command, CommandLine line, String option, int fallback) {
    String value = line.getOptionValue(option);
    if (value == null) {
      return fallback;
    }
    try {
      int number = Integer.parseInt(value);
      if (number >= 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Refused below, like a negative number.
    }
    throw Arguments.refused(
        command, "--" + option + " '" + value + "', expected a whole number from 0 on");
  }

  static double number(Command command, CommandLine line, String option, double fallback) {
    String value = line.getOptionValue(option);
    if (value == null) {
      return fallback;
    }
    try {
      double number = Double.parseDouble(value);
      if (number >= 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Refused below, like a negative number.
    }
    throw Arguments.refused(
        command, "--" + option + " '" + value + "', expected a number from 0 on");
  }
}
