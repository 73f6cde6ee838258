package org.pocketdistill.pipeline.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.pocketdistill.pipeline.lm.CausalDecoder;
import org.pocketdistill.pipeline.lm.DecodeSpeed;
import org.pocketdistill.pipeline.lm.LanguageModelFolder;
import org.pocketdistill.pipeline.train.PeakMemory;

/** {@code distill bench}: speed and memory of a model on this machine. */
final class BenchCommand implements Command {
  private static final String PROMPT = "prompt-tokens";
  private static final String NEW = "new-tokens";
  private static final String REPEAT = "repeat";

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
    return "time to first token, tokens per second and peak memory on this machine";
  }

  @Override
  public List<String> description() {
    return List.of(
        "Reads a prompt of random tokens and continues it greedily, one token at a time, one"
            + " sequence at a time; once to warm up, then --repeat times. Prints medians, and the"
            + " smallest and largest value where there are several:",
        "  first token   from the start until the first token can be chosen: the prompt is read",
        "  prefill       tokens of the prompt in that time",
        "  decode        tokens after the first, per second of the time after it",
        "  peak memory   resident memory of this process at its largest, the Java machine included",
        "Nothing else should run on the machine meanwhile. OMP_NUM_THREADS sets the threads.");
  }

  @Override
  public List<String> examples() {
    return List.of(
        "distill bench --model runs/quickstart/07-export/int8",
        "distill bench --model DIR --prompt-tokens 64 --new-tokens 128 --repeat 9");
  }

  @Override
  public List<String> required() {
    return List.of(ModelOptions.MODEL);
  }

  @Override
  public Options options() {
    return new Options()
        .addOption(ModelOptions.model())
        .addOption(Arguments.value(PROMPT, "N", "tokens of the prompt; default 128"))
        .addOption(Arguments.value(NEW, "N", "tokens to generate; default 64"))
        .addOption(Arguments.value(REPEAT, "N", "measured repetitions; default 5"))
        .addOption(ModelOptions.dtype());
  }

  @Override
  public int run(CommandLine line) throws IOException {
    OptionValues options = new OptionValues(this, line);
    LanguageModelFolder folder = ModelOptions.folder(options);
    int promptTokens = options.whole(PROMPT, 128, 1);
    int newTokens = options.whole(NEW, 64, 2);
    DecodeSpeed[] runs = new DecodeSpeed[options.whole(REPEAT, 5, 1)];
    PeakMemory.restart();
    long started = System.nanoTime();
    try (CausalDecoder decoder = folder.decoder(ModelOptions.dtype(options, folder))) {
      double load = (System.nanoTime() - started) / 1e9;
      if ((long) promptTokens + newTokens > decoder.contextLength()) {
        throw options.refused(
            "%d prompt and %d new tokens, expected at most %d together (the model's context)"
                .formatted(promptTokens, newTokens, decoder.contextLength()));
      }
      int[] prompt = new SplittableRandom(1).ints(promptTokens, 0, decoder.vocabSize()).toArray();
      DecodeSpeed.measure(decoder, prompt, newTokens);
      for (int i = 0; i < runs.length; i++) {
        runs[i] = DecodeSpeed.measure(decoder, prompt, newTokens);
      }
      out.println("runtime            " + folder.runtime());
      out.println("parameters         " + folder.config().parameters());
      out.println("bytes              " + folder.bytes());
      print("load (s)           ", load);
    }
    print("first token (ms)   ", column(runs, run -> 1e3 * run.firstTokenSeconds()));
    print("prefill (tokens/s) ", column(runs, DecodeSpeed::prefillPerSecond));
    print("decode (tokens/s)  ", column(runs, DecodeSpeed::decodedPerSecond));
    if (PeakMemory.bytes() > 0) {
      print("peak memory (MB)   ", PeakMemory.bytes() / 1e6);
    }
    return Main.DONE;
  }

  private static double[] column(DecodeSpeed[] runs, ToDoubleFunction<DecodeSpeed> figure) {
    return Arrays.stream(runs).mapToDouble(figure).sorted().toArray();
  }

  private void print(String what, double... sorted) {
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    String range =
        sorted.length == 1
            ? ""
            : String.format(Locale.ROOT, "  (%.4g to %.4g)", sorted[0], sorted[sorted.length - 1]);
    out.println(what + String.format(Locale.ROOT, "%.4g", median) + range);
  }
}
