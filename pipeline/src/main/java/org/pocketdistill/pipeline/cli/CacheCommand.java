package org.pocketdistill.pipeline.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.pocketdistill.config.ConfigException;
import org.pocketdistill.pipeline.cache.CacheStatistics;
import org.pocketdistill.pipeline.config.JobFile;
import org.pocketdistill.pipeline.job.DistillJob;
import org.pocketdistill.pipeline.job.Stage;
import org.pocketdistill.pipeline.job.StageRange;
import org.pocketdistill.pipeline.job.TopKComparison;
import org.pocketdistill.pipeline.train.StopSignal;

/**
 * {@code distill cache}: fills the teacher's cache ahead of the training, or says what it costs.
 */
final class CacheCommand implements Command {
  private static final String COMPARE = "compare";
  private static final String POSITIONS = "positions";
  private static final String OUTPUT = "output";
  private static final int USUAL_POSITIONS = 500;

  private final PrintStream out;

  CacheCommand(PrintStream out) {
    this.out = out;
  }

  @Override
  public String name() {
    return "cache";
  }

  @Override
  public String arguments() {
    return "JOB.yaml";
  }

  @Override
  public String summary() {
    return "fills the cache of a job's teacher, or shows what its number of tokens costs";
  }

  @Override
  public List<String> description() {
    return List.of(
        "Runs the stages of the job up to the student where they have not run, and then the teacher"
            + " over the training rows. For each learned token the distill.cache.top_k most probable"
            + " tokens are kept on disk, and what is left for all others. Stopped, the same command"
            + " goes on. distill run fills the cache as well, while it trains the first epoch, with"
            + " the same bits.",
        "With --compare nothing is kept. For k of 8 to 256 it shows, on the dev rows, or the training"
            + " rows if there are none:",
        "  KL             KL(teacher, student) over k tokens and their tail, as a cache keeps them",
        "  lost           what is missing to the KL over the whole vocabulary",
        "  tail mass      the teacher's probability of all other tokens",
        "  gradient error length of the difference to the full gradient, as a share of it",
        "The student is the one that was distilled, if there is one, else the one it starts from.");
  }

  @Override
  public List<String> examples() {
    return List.of(
        "distill cache configs/quickstart.yaml --set distill.cache.top_k=64",
        "distill cache configs/quickstart.yaml --compare --output top-k.json");
  }

  @Override
  public Options options() {
    return new Options()
        .addOption(Arguments.set())
        .addOption(Arguments.flag(COMPARE, "shows what k costs, and keeps nothing"))
        .addOption(
            Arguments.value(
                POSITIONS, "N", "learned tokens to compare at, about; default " + USUAL_POSITIONS))
        .addOption(Arguments.value(OUTPUT, "FILE.json", "where the comparison goes as JSON"));
  }

  @Override
  public int run(CommandLine line) throws IOException {
    JobFile file = JobFile.read(Arguments.onlyPath(this, line), Arguments.overrides(line));
    OptionValues options = new OptionValues(this, line);
    boolean compare = options.has(COMPARE);
    if (!compare && (options.has(POSITIONS) || options.has(OUTPUT))) {
      throw options.refused("--positions and --output belong to --compare");
    }
    if (!compare && file.config().distill().cache().isEmpty()) {
      throw new ConfigException(
          file.path()
              + ": no distill.cache; add it, or give --set distill.cache.top_k=64 here and to distill"
              + " run");
    }
    StageRange range = new StageRange(Optional.empty(), Stage.DISTILL);
    DistillJob job = new DistillJob(file.config(), file.path(), range, new StopSignal());
    if (compare) {
      show(job.compareTopK(options.whole(POSITIONS, USUAL_POSITIONS, 1)), options.findPath(OUTPUT));
    } else {
      show(job.fillCache());
    }
    return Main.DONE;
  }

  private void show(CacheStatistics cache) {
    out.println(cache.folder());
    print("documents", "%,d", cache.documents());
    print("learned tokens", "%,d", cache.learnedTokens());
    print("size", "%,.1f MB", cache.bytes() / 1e6);
    print("per learned token", "%,.1f bytes", cache.bytesPerLearnedToken());
    print("found", "%,.1f %% of the documents", 100 * cache.hitRate());
    if (cache.misses() > 0) {
      print(
          "computed",
          "%,d tokens, %,.0f tokens/s",
          cache.computedTokens(),
          cache.tokensPerSecond());
    }
  }

  private void show(TopKComparison.Result result, Optional<Path> output) throws IOException {
    out.printf(
        Locale.ROOT,
        "%s; %d learned tokens, %d logits, temperature %s; KL over the whole vocabulary %.6f nats%n",
        result.student(),
        result.positions(),
        result.vocabSize(),
        result.temperature(),
        result.kl());
    out.printf(
        Locale.ROOT,
        "%6s %12s %12s %12s %15s %14s%n",
        "k",
        "KL",
        "lost",
        "tail mass",
        "gradient error",
        "bytes/token");
    for (TopKComparison.Line line : result.lines()) {
      out.printf(
          Locale.ROOT,
          "%6d %12.6f %12.6f %12.6f %15.6f %14d%n",
          line.k(),
          line.kl(),
          result.kl() - line.kl(),
          line.tailMass(),
          line.gradientError(),
          line.bytesPerToken());
    }
    if (output.isPresent()) {
      String json = result.json();
      OutputFile.write(output.get(), writer -> writer.write(json));
    }
  }

  private void print(String name, String format, Object... values) {
    out.printf(Locale.ROOT, "  %-18s %s%n", name, String.format(Locale.ROOT, format, values));
  }
}
