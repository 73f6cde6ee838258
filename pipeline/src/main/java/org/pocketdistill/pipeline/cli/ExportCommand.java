package org.pocketdistill.pipeline.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.lm.CausalDecoder;
import org.pocketdistill.pipeline.lm.ExportCheck;
import org.pocketdistill.pipeline.lm.ExportCheck.Tolerance;
import org.pocketdistill.pipeline.lm.LanguageModelFolder;
import org.pocketdistill.pipeline.lm.OrtDecoder;
import org.pocketdistill.pipeline.onnx.OnnxExporter;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/** {@code distill export}: a model that was made elsewhere, as ONNX. */
final class ExportCommand implements Command {
  private static final String TO = "to";
  private static final String PRECISION = "precision";
  private static final String CONTEXT = "context-length";
  private static final String CHECK = "check";
  private static final int RANDOM_ROWS = 8;
  private static final int RANDOM_TOKENS = 64;
  private static final int MOST_ROWS = 64;

  private final PrintStream out;

  ExportCommand(PrintStream out) {
    this.out = out;
  }

  @Override
  public String name() {
    return "export";
  }

  @Override
  public String arguments() {
    return "";
  }

  @Override
  public String summary() {
    return "quantises and packages a model that was made elsewhere";
  }

  @Override
  public List<String> description() {
    return List.of(
        "Writes a Hugging Face folder as an ONNX Runtime package and compares it with the model at"
            + " every position of the check's rows: fp32 logits within 1e-3, int8 by KL divergence"
            + " and agreement of the most probable token. A package that fails is not written.");
  }

  @Override
  public List<String> examples() {
    return List.of(
        "distill export --model runs/quickstart/04-distill/model --to phone --precision int8",
        "distill export --model DIR --to phone --context-length 1024 --check rows.jsonl");
  }

  @Override
  public Options options() {
    return new Options()
        .addOption(Arguments.value("model", "DIR", "a Hugging Face folder (required)"))
        .addOption(Arguments.value(TO, "DIR", "folder of the package (required)"))
        .addOption(Arguments.value(PRECISION, "TYPE", "fp32 or int8 (default)"))
        .addOption(
            Arguments.value(CONTEXT, "N", "longest sequence; default the model's, up to 2048"))
        .addOption(
            Arguments.value(
                CHECK, "FILE.jsonl", "rows as for distill score; default: random tokens"));
  }

  @Override
  public int run(CommandLine line) throws IOException {
    LanguageModelFolder folder = ModelOptions.folder(this, line);
    if (folder.isOnnx()) {
      throw Arguments.refused(this, "--model is an ONNX package already");
    }
    Path target = Path.of(ModelOptions.required(this, line, TO)).toAbsolutePath();
    OnnxPrecision precision = precision(line.getOptionValue(PRECISION, "int8"));
    int context = ModelOptions.whole(this, line, CONTEXT, 2048);
    Path model = ModelOptions.path(this, line);
    try (CausalDecoder reference = folder.decoder(ComputeDtype.FP32)) {
      List<int[]> rows = rows(line, model, reference, context);
      ExportCheck.Result result =
          OnnxExporter.export(
              model,
              target,
              new OnnxExporter.Options(precision, context, Map.of()),
              written -> {
                try (OrtDecoder decoder = OrtDecoder.open(written)) {
                  return ExportCheck.run(reference, decoder, rows, tolerance(precision));
                }
              });
      out.println(
          String.format(
              Locale.ROOT,
              "%s: %d positions, largest logit difference %.2e, mean KL %.2e, top-1 agreement %.4f",
              target,
              result.positions(),
              result.maxLogitDifference(),
              result.meanKl(),
              result.top1Agreement()));
    }
    return Main.DONE;
  }

  private static Tolerance tolerance(OnnxPrecision precision) {
    return precision == OnnxPrecision.FP32 ? Tolerance.fp32() : Tolerance.int8();
  }

  private OnnxPrecision precision(String name) {
    for (OnnxPrecision precision : OnnxPrecision.values()) {
      if (precision.name().toLowerCase(Locale.ROOT).equals(name)) {
        return precision;
      }
    }
    throw Arguments.refused(this, "--precision '" + name + "', expected fp32 or int8");
  }

  private static List<int[]> rows(
      CommandLine line, Path model, CausalDecoder reference, int context) throws IOException {
    List<int[]> rows = new ArrayList<>();
    if (!line.hasOption(CHECK)) {
      SplittableRandom random = new SplittableRandom(1);
      int length = Math.min(RANDOM_TOKENS, Math.min(context, reference.contextLength()));
      for (int i = 0; i < RANDOM_ROWS; i++) {
        rows.add(random.ints(length, 0, reference.vocabSize()).toArray());
      }
      return rows;
    }
    Path file = Path.of(line.getOptionValue(CHECK));
    if (!Files.exists(file)) {
      throw new DataException(file + ": no such file");
    }
    try (RowEncoder encoder = new RowEncoder(model, reference, file);
        var lines = Files.lines(file)) {
      for (String text : lines.limit(MOST_ROWS).toList()) {
        encoder.encode(text).filter(row -> row.length <= context).ifPresent(rows::add);
      }
    }
    return rows;
  }
}
