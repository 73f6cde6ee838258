package org.pocketdistill.pipeline.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.pocketdistill.config.ConfigReader;
import org.pocketdistill.data.DataException;
import org.pocketdistill.data.TextLines;
import org.pocketdistill.pipeline.bench.Bench;
import org.pocketdistill.pipeline.bench.BenchConfig;
import org.pocketdistill.pipeline.bench.BenchResult;
import org.pocketdistill.pipeline.bench.EnergyCounter;
import org.pocketdistill.pipeline.bench.SingleStream;
import org.pocketdistill.pipeline.lm.CausalDecoder;
import org.pocketdistill.pipeline.lm.LanguageModelFolder;
import org.pocketdistill.pipeline.train.PeakMemory;

/** {@code distill bench}: speed and memory of a model on this machine. */
final class BenchCommand implements Command {
  private static final String PROMPT = "prompt-tokens";
  private static final String NEW = "new-tokens";
  private static final String REPEAT = "repeat";
  private static final String MINUTES = "minutes";
  private static final String INPUT = "input";
  private static final String SETTINGS = "settings";
  private static final String OUTPUT = "output";
  private static final int LONGEST_MINUTES = 1440;

  private final PrintStream out;

  BenchCommand(PrintStream out) {
    this.out = out;
  }

  @Override
  public String name() {
    return "bench";
  }

  @Override
  public String arguments() {
    return "";
  }

  @Override
  public String summary() {
    return "time to first token, tokens per second, peak memory and energy on this machine";
  }

  @Override
  public List<String> description() {
    return List.of(
        "Reads prompts and continues each greedily, one query after the other, as LoadGen of MLPerf"
            + " does it (single stream): first queries that do not count, then as many as it takes to"
            + " bound the 90th percentile with a confidence of 99 % (at least 64), but not beyond"
            + " five minutes. Percentiles are sorted[floor(p n)]. Prints:",
        "  first token   from the start until the first token can be chosen: the prompt is read",
        "  token         time per output token after the first",
        "  prefill       tokens of the prompts per second of the time to the first token",
        "  decode        tokens after the first per second of the time after it",
        "  peak memory   resident memory of this process at its largest, the Java machine included",
        "  energy        of the processors (RAPL), where the system lets this user read it",
        "--settings names a file with these settings and more, --output one for all numbers"
            + " (configs/schema/bench.schema.json and bench-result.schema.json). --compare puts what"
            + " distill plan would foretell for this machine beside what was measured.",
        "Nothing else should run on the machine meanwhile. A package is run as its runtime.json says;"
            + " where that names no threads, and for other models, OMP_NUM_THREADS sets them.");
  }

  @Override
  public List<String> examples() {
    return List.of(
        "distill bench --package runs/quickstart/07-export/int8 --compare",
        "distill bench --package DIR --input prompts.jsonl --output result.json",
        "distill bench --package DIR --minutes 10",
        "distill bench --model DIR --prompt-tokens 64 --new-tokens 128 --repeat 9");
  }

  @Override
  public List<String> alternatives() {
    return ModelOptions.EITHER;
  }

  @Override
  public Options options() {
    Options options =
        new Options()
            .addOption(ModelOptions.model())
            .addOption(ModelOptions.onnxPackage())
            .addOption(
                Arguments.value(
                    INPUT, "FILE.jsonl", "prompts, rows as for distill score; default: random"))
            .addOption(Arguments.value(PROMPT, "N", "tokens of the random prompt; default 128"))
            .addOption(Arguments.value(NEW, "N", "tokens to generate; default 64"))
            .addOption(
                Arguments.value(
                    REPEAT, "N", "measured queries; default: as many as the rule needs"))
            .addOption(
                Arguments.value(
                    MINUTES,
                    "N",
                    "goes on for so long and compares the last tenth's rate with the first's"))
            .addOption(
                Arguments.value(SETTINGS, "FILE", "settings, JSON or YAML; options given here win"))
            .addOption(Arguments.value(OUTPUT, "FILE.json", "writes every number there"))
            .addOption(ModelOptions.dtype());
    BenchEstimate.options().forEach(options::addOption);
    return options;
  }

  @Override
  public int run(CommandLine line) throws IOException {
    OptionValues options = new OptionValues(this, line);
    LanguageModelFolder folder = ModelOptions.folder(options);
    BenchConfig settings = settings(options);
    BenchEstimate estimate = BenchEstimate.of(options, folder);
    options.findPath(OUTPUT).ifPresent(file -> OutputFile.makeFolder(folderOf(file)));
    PeakMemory.restart();
    long before = PeakMemory.nowBytes();
    long started = System.nanoTime();
    try (CausalDecoder decoder = folder.decoder(ModelOptions.dtype(options, folder))) {
      double load = (System.nanoTime() - started) / 1e9;
      SingleStream stream = stream(options, settings, folder, decoder);
      Bench bench = new Bench(model(folder, decoder), decoder, load, before);
      BenchResult measured = bench.run(stream, EnergyCounter.ofSystem());
      BenchResult result = estimate.beside(measured);
      options
          .findPath(OUTPUT)
          .ifPresent(file -> OutputFile.write(file, text -> text.write(result.toJson())));
      new BenchSummary(out).print(result);
    }
    return Main.DONE;
  }

  private static Path folderOf(Path file) {
    return file.toAbsolutePath().getParent();
  }

  private static BenchResult.Model model(LanguageModelFolder folder, CausalDecoder decoder)
      throws IOException {
    return new BenchResult.Model(
        folder.path().toString(),
        folder.runtime(),
        folder.config().parameters(),
        folder.bytes(),
        decoder.contextLength());
  }

  private static BenchConfig settings(OptionValues options) {
    BenchConfig settings =
        options
            .findPath(SETTINGS)
            .map(file -> ConfigReader.read(file, BenchConfig.class))
            .orElseGet(
                () -> ConfigReader.parse("{}", Path.of(SETTINGS), BenchConfig.class, List.of()));
    settings =
        settings.withTokens(
            options.whole(PROMPT, settings.promptTokens(), 1),
            options.whole(NEW, settings.newTokens(), 2));
    if (options.has(REPEAT)) {
      settings = settings.withQueries(options.whole(REPEAT, 1, 1));
    }
    double minutes = options.number(MINUTES, 0, LONGEST_MINUTES);
    return minutes > 0 ? settings.withMinDuration(60 * minutes) : settings;
  }

  private static SingleStream stream(
      OptionValues options,
      BenchConfig settings,
      LanguageModelFolder folder,
      CausalDecoder decoder) {
    Optional<Path> input = options.findPath(INPUT);
    if (input.isPresent()) {
      if (options.has(PROMPT)) {
        throw options.refused("--prompt-tokens belongs to random prompts; leave out it or --input");
      }
      return new SingleStream(settings, prompts(input.get(), settings, folder, decoder));
    }
    if ((long) settings.promptTokens() + settings.newTokens() > decoder.contextLength()) {
      throw options.refused(
          "%d prompt and %d new tokens, expected at most %d together (the model's context)"
              .formatted(settings.promptTokens(), settings.newTokens(), decoder.contextLength()));
    }
    return SingleStream.ofRandomTokens(settings, decoder.vocabSize());
  }

  private static List<int[]> prompts(
      Path file, BenchConfig settings, LanguageModelFolder folder, CausalDecoder decoder) {
    List<int[]> prompts = new ArrayList<>();
    try (TextLines lines = TextLines.open(file);
        RowEncoder encoder = new RowEncoder(folder.stored(), decoder, lines, true)) {
      Optional<int[]> row = encoder.next();
      while (row.isPresent()) {
        if ((long) row.get().length + settings.newTokens() > decoder.contextLength()) {
          throw new DataException(
              "%s: %d prompt and %d new tokens, expected at most %d together (the model's context)"
                  .formatted(
                      lines.place(),
                      row.get().length,
                      settings.newTokens(),
                      decoder.contextLength()));
        }
        prompts.add(row.get());
        row = encoder.next();
      }
    }
    if (prompts.isEmpty()) {
      throw new DataException(file + ": no prompt, expected one a line");
    }
    return prompts;
  }
}
