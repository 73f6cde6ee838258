package org.pocketdistill.pipeline.cli;

import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.onnx.GenAiConfig;
import org.pocketdistill.pipeline.plan.ModelBudget;
import org.pocketdistill.pipeline.plan.PackageFormat;
import org.pocketdistill.pipeline.plan.PhoneBudget;
import org.pocketdistill.pipeline.plan.PhonePlan;

/**
 * Whether a package fits the phone that {@code --phone} names, known before it is built. One that
 * does not never gets its own name: it is kept apart, for those who want to look at it.
 *
 * @param misfit what is too much; empty if no phone was named or the package fits
 */
record PhoneGate(OptionValues options, Optional<PhoneBudget> misfit) {
  private static final String APART = ".over-budget";

  /** Estimates the package. */
  static PhoneGate of(
      OptionValues options, ModelConfig config, PackageFormat format, int contextLength) {
    Optional<PhoneBudget> budget = Optional.empty();
    if (options.has(PhoneOptions.PHONES) && !options.has(PhoneOptions.PHONE)) {
      throw options.refused("--phones needs --phone, which names one of them");
    }
    if (options.has(PhoneOptions.PHONE)) {
      var phones = PhoneOptions.phones(options, Path.of("phones.yaml"));
      budget =
          PhoneOptions.phone(options, phones)
              .map(phone -> new PhoneBudget(phone, new ModelBudget(config), format, contextLength))
              .filter(found -> !found.fits());
    }
    return new PhoneGate(options, budget);
  }

  /** Where the package goes. */
  Path place(Path target) {
    if (misfit.isEmpty()) {
      return target;
    }
    Path apart = target.resolveSibling(target.getFileName() + APART);
    if (Files.exists(apart) && !Files.exists(apart.resolve(GenAiConfig.FILE_NAME))) {
      throw options.refused(apart + " exists and is no ONNX package; move it away");
    }
    return apart;
  }

  /** Says what is too much, and gives the exit code. */
  int report(PrintStream out) {
    misfit.ifPresent(budget -> out.println(PhonePlan.misfit(budget)));
    return misfit.isPresent() ? Main.GATE_MISSED : Main.DONE;
  }
}
