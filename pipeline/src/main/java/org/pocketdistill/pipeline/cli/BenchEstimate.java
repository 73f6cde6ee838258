package org.pocketdistill.pipeline.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.commons.cli.Option;
import org.pocketdistill.pipeline.bench.BenchResult;
import org.pocketdistill.pipeline.bench.Estimate;
import org.pocketdistill.pipeline.bench.ThisMachine;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.config.PhoneConfig;
import org.pocketdistill.pipeline.lm.LanguageModelFolder;
import org.pocketdistill.pipeline.manifest.PackageManifest;
import org.pocketdistill.pipeline.plan.ModelBudget;
import org.pocketdistill.pipeline.plan.PackageFormat;

/**
 * What {@code distill bench --compare} puts beside a run.
 *
 * @param format of the package; empty if nothing is to be compared
 * @param given figures of the machine; empty if they are to be measured
 */
record BenchEstimate(
    ModelBudget model, Optional<PackageFormat> format, Optional<PhoneConfig> given) {
  private static final String COMPARE = "compare";

  static List<Option> options() {
    return List.of(
        Arguments.flag(
            COMPARE,
            "puts the plan's estimate of an ONNX package beside the measurement, for this machine,"
                + " whose bandwidth and rates are measured after the run"),
        Arguments.value(PhoneOptions.PHONES, "FILE", "with --compare: file that has --phone"),
        Arguments.value(
            PhoneOptions.PHONE,
            "NAME",
            "with --compare: takes the machine's bandwidth and rates from this entry of a"
                + " phones.yaml instead"));
  }

  /** What the options ask for; refused before anything is measured. */
  static BenchEstimate of(OptionValues options, LanguageModelFolder folder) throws IOException {
    ModelBudget model = new ModelBudget(folder.config());
    if (!options.has(COMPARE)) {
      for (String option : List.of(PhoneOptions.PHONE, PhoneOptions.PHONES)) {
        if (options.has(option)) {
          throw options.refused("--" + option + " belongs to --compare");
        }
      }
      return new BenchEstimate(model, Optional.empty(), Optional.empty());
    }
    Optional<PhoneConfig> given = Optional.empty();
    if (options.has(PhoneOptions.PHONE)) {
      given = PhoneOptions.phone(options, PhoneOptions.phones(options, Path.of("phones.yaml")));
    } else if (options.has(PhoneOptions.PHONES)) {
      throw options.refused("--phones needs --phone, which names one of them");
    }
    return new BenchEstimate(model, Optional.of(format(options, folder)), given);
  }

  private static PackageFormat format(OptionValues options, LanguageModelFolder folder)
      throws IOException {
    String precision =
        PackageManifest.find(folder.path())
            .map(manifest -> manifest.provenance().getOrDefault("precision", ""))
            .orElse("");
    for (OnnxPrecision known : OnnxPrecision.values()) {
      if (folder.isOnnx() && known.name().toLowerCase(Locale.ROOT).equals(precision)) {
        return PackageFormat.of(known);
      }
    }
    throw options.refused(
        "--compare needs an ONNX package whose manifest.json names its precision, "
            + folder.path()
            + " is none");
  }

  /** The result, with the estimate if one was asked for. */
  BenchResult beside(BenchResult result) {
    if (format.isEmpty()) {
      return result;
    }
    int threads =
        result
            .session()
            .map(BenchResult.Session::intraOpNumThreads)
            .orElseGet(Runtime.getRuntime()::availableProcessors);
    PhoneConfig machine = given.orElseGet(() -> ThisMachine.measure(threads));
    return result.with(Estimate.of(machine, model, format.get(), result));
  }
}
