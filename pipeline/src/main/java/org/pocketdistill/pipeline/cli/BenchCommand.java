package org.pocketdistill.pipeline.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.pocketdistill.pipeline.lm.CausalDecoder;
import org.pocketdistill.pipeline.lm.CausalDecoder.DecodeSession;
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
        "Reads a prompt of random tokens and continues it one token at a time, one sequence at a"
            + " time, after a warm-up. Prints median, minimum and maximum over the repetitions.");
  }

  @Override
  public List<String> examples() {
    return List.of(
        "distill bench --model runs/quickstart/07-export/int8",
        "distill bench --model DIR --prompt-tokens 64 --new-tokens 128 --repeat 9");
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
    LanguageModelFolder folder = ModelOptions.folder(this, line);
    int promptTokens = Math.max(1, ModelOptions.whole(this, line, PROMPT, 128));
    int newTokens = Math.max(2, ModelOptions.whole(this, line, NEW, 64));
    int repeat = Math.max(1, ModelOptions.whole(this, line, REPEAT, 5));
    PeakMemory.restart();
    long started = System.nanoTime();
    try (CausalDecoder decoder = folder.decoder(ModelOptions.dtype(this, line))) {
      double load = (System.nanoTime() - started) / 1e9;
      if (promptTokens + newTokens > decoder.contextLength()) {
        throw Arguments.refused(
            this,
            "%d prompt and %d new tokens, expected at most %d together (the model's context)"
                .formatted(promptTokens, newTokens, decoder.contextLength()));
      }
      int[] prompt = new SplittableRandom(1).ints(promptTokens, 0, decoder.vocabSize()).toArray();
      measure(decoder, prompt, newTokens);
      double[][] runs = new double[repeat][];
      for (int i = 0; i < repeat; i++) {
        runs[i] = measure(decoder, prompt, newTokens);
      }
      out.println("runtime            " + folder.runtime());
      out.println("parameters         " + folder.config().parameters());
      out.println("bytes              " + folder.bytes());
      print("load (s)           ", new double[] {load});
      print("first token (ms)   ", column(runs, 0));
      print("prefill (tokens/s) ", column(runs, 1));
      print("decode (tokens/s)  ", column(runs, 2));
      print("peak memory (MB)   ", new double[] {PeakMemory.bytes() / 1e6});
    }
    return Main.DONE;
  }

  /** Milliseconds to the first token, prefill tokens/s, decode tokens/s. */
  private static double[] measure(CausalDecoder decoder, int[] prompt, int newTokens) {
    long started = System.nanoTime();
    try (DecodeSession session = decoder.start(List.of(prompt), newTokens)) {
      double first = (System.nanoTime() - started) / 1e9;
      long decoding = System.nanoTime();
      for (int i = 0; i + 1 < newTokens; i++) {
        session.advance(new int[] {largest(session.logits()[0])});
      }
      double rest = (System.nanoTime() - decoding) / 1e9;
      return new double[] {1e3 * first, prompt.length / first, (newTokens - 1) / rest};
    }
  }

  private static int largest(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      best = logits[i] > logits[best] ? i : best;
    }
    return best;
  }

  private static double[] column(double[][] runs, int index) {
    return Arrays.stream(runs).mapToDouble(run -> run[index]).sorted().toArray();
  }

  private void print(String what, double[] sorted) {
    String median = String.format(Locale.ROOT, "%.4g", sorted[sorted.length / 2]);
    String range =
        sorted.length == 1
            ? ""
            : String.format(Locale.ROOT, "  (%.4g to %.4g)", sorted[0], sorted[sorted.length - 1]);
    out.println(what + median + range);
  }
}
