package org.pocketdistill.pipeline.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.pocketdistill.pipeline.gguf.GgufFileType;
import org.pocketdistill.pipeline.lm.CausalDecoder;
import org.pocketdistill.pipeline.lm.ExportCheck;
import org.pocketdistill.pipeline.lm.ExportCheck.Tolerance;
import org.pocketdistill.pipeline.lm.LanguageModelFolder;
import org.pocketdistill.pipeline.model.GgufExport;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/** {@code distill export --format gguf}: a model as one file for llama.cpp. */
final class GgufTarget {
  static final String TYPE = "type";
  static final String SUFFIX = ".gguf";

  private final OptionValues options;
  private final LanguageModelFolder model;
  private final PrintStream out;

  GgufTarget(OptionValues options, LanguageModelFolder model, PrintStream out) {
    this.options = options;
    this.model = model;
    this.out = out;
  }

  /** Whether a target is a file of this format by its name. */
  static boolean isNamed(String target) {
    return target.toLowerCase(Locale.ROOT).endsWith(SUFFIX);
  }

  /**
   * Writes the file. It is run, and compared with the model, only on rows that are given: it is
   * made row by row of models that memory may not hold twice.
   */
  int write() throws IOException {
    List<String> others =
        new ArrayList<>(
            List.of(
                ExportCommand.CONTEXT,
                ExportCommand.PRECISION,
                ExportCommand.CHUNK,
                ExportCommand.RUNTIME,
                PhoneOptions.PHONE));
    others.addAll(Int4Options.names());
    others.addAll(Int8StaticOptions.names());
    others.addAll(CalibrationOptions.names());
    others.addAll(GraphOptions.names());
    others.add(AdapterOptions.ADAPTER);
    for (String option : others) {
      if (options.has(option)) {
        throw options.refused("--" + option + " does not belong to --format gguf; see --" + TYPE);
      }
    }
    GgufFileType type = options.choice(TYPE, List.of(GgufFileType.values()), GgufFileType.Q8_0);
    if (!isNamed(options.path(ExportCommand.TO).toString())) {
      throw options.refused(
          "--%s %s, expected the name of a file, *%s"
              .formatted(ExportCommand.TO, options.path(ExportCommand.TO), SUFFIX));
    }
    Path target = ExportCommand.emptyTarget(options, "exists; name a file that does not");
    Optional<ExportCheck.Result> result =
        GgufExport.write(model.stored(), target, type, name(), this::check);
    out.println("written to " + target);
    result.ifPresent(found -> out.println(ExportSummary.line(found)));
    return Main.DONE;
  }

  /** The last part of the model's path. */
  private String name() {
    String name = model.path().toAbsolutePath().normalize().getFileName().toString();
    return isNamed(name) ? name.substring(0, name.length() - SUFFIX.length()) : name;
  }

  private Optional<ExportCheck.Result> check(Path written) throws IOException {
    Optional<Path> check = options.findPath(ExportCommand.CHECK);
    if (check.isEmpty()) {
      return Optional.empty();
    }
    int context = model.config().maxPositionEmbeddings();
    try (CausalDecoder reference = model.decoder(ComputeDtype.FP32);
        CausalDecoder decoder = new LanguageModelFolder(written).decoder(ComputeDtype.FP32)) {
      List<int[]> rows = CheckRows.read(check.get(), model.stored(), reference, context);
      return Optional.of(ExportCheck.run(reference, decoder, rows, Tolerance.int8()));
    }
  }
}
