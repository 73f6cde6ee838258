package org.pocketdistill.pipeline.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.pocketdistill.pipeline.config.JobFile;
import org.pocketdistill.pipeline.job.DistillJob;
import org.pocketdistill.pipeline.job.Stage;
import org.pocketdistill.pipeline.job.StageRange;
import org.pocketdistill.pipeline.report.ReportWriter;
import org.pocketdistill.pipeline.train.StopSignal;

/** {@code distill run}: all stages of a job, going on where an earlier run stopped. */
final class RunCommand implements Command {
  private static final String FROM = "from";
  private static final String TO = "to";
  private static final long SECONDS_TO_SAVE = 300;

  private final PrintStream out;

  RunCommand(PrintStream out) {
    this.out = out;
  }

  @Override
  public String name() {
    return "run";
  }

  @Override
  public String arguments() {
    return "JOB.yaml";
  }

  @Override
  public String summary() {
    return "runs all stages of a job, going on where an earlier run stopped";
  }

  @Override
  public List<String> description() {
    return List.of(
        "Prepares the data, gets the teacher, distils the student, trains adapters, exports ONNX,"
            + " measures every model on the same items and writes the report. Files go into"
            + " runs/NAME, one folder a stage.",
        "A job is a YAML file. configs/quickstart.yaml is one that needs no data and explains its"
            + " keys; distill validate says what is wrong with a file, distill plan what it costs.",
        "A finished stage whose inputs have not changed is skipped; a changed one is redone and"
            + " named. Ctrl-C saves a checkpoint; the same command goes on from it, and ends with"
            + " the same bits as a run that was never stopped.",
        "Stages: " + String.join(", ", Stage.keys()) + ".");
  }

  @Override
  public List<String> examples() {
    return List.of(
        "distill run configs/quickstart.yaml",
        "distill run configs/quickstart.yaml --set distill.temperature=2",
        "distill run configs/quickstart.yaml --from distill --to export");
  }

  @Override
  public Options options() {
    return new Options()
        .addOption(Arguments.set())
        .addOption(
            Arguments.value(
                FROM, "STAGE", "redoes this stage and those after it, even if finished"))
        .addOption(Arguments.value(TO, "STAGE", "ends after this stage"));
  }

  @Override
  public int run(CommandLine line) throws IOException {
    JobFile file = JobFile.read(Arguments.onlyPath(this, line), Arguments.overrides(line));
    StageRange range = range(new OptionValues(this, line));
    StopSignal stop = new StopSignal();
    DistillJob job = new DistillJob(file.config(), file.path(), range, stop);
    CountDownLatch ended = new CountDownLatch(1);
    String goOn = goOn(line);
    Thread hook = new Thread(() -> saveBeforeExit(stop, ended, goOn), "save-before-exit");
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      Optional<ReportWriter.Written> report = job.run();
      return report
          .map(written -> ReportSummary.print(out, written, job.runFolder()))
          .orElse(Main.DONE);
    } finally {
      ended.countDown();
      removeHook(hook);
    }
  }

  private static void removeHook(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The program is being ended, and the hook is what waits for us.
      return;
    }
  }

  /** The command that goes on; without --from, which would redo what was saved. */
  private static String goOn(CommandLine line) {
    StringJoiner command = new StringJoiner(" ");
    command.add("distill run").add(quoted(line.getArgList().get(0)));
    Arguments.overrides(line).forEach(set -> command.add("--set").add(quoted(set)));
    Optional.ofNullable(line.getOptionValue(TO)).ifPresent(to -> command.add("--to").add(to));
    return command.toString();
  }

  private static String quoted(String word) {
    return word.matches("[\\w./=:,@%+-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }

  private void saveBeforeExit(StopSignal stop, CountDownLatch ended, String goOn) {
    stop.request();
    if (stop.isAttended()) {
      out.println("interrupted: finishing the step and saving ...");
      try {
        boolean saved = ended.await(SECONDS_TO_SAVE, TimeUnit.SECONDS);
        out.println(saved ? "saved." : "not saved in time; the last checkpoint counts.");
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    out.println("To go on: " + goOn);
    out.flush();
  }

  private static StageRange range(OptionValues options) {
    List<Stage> stages = List.of(Stage.values());
    Optional<Stage> from = options.text(FROM).map(text -> options.choice(FROM, stages, Stage.DATA));
    Stage to = options.choice(TO, stages, Stage.REPORT);
    if (from.isPresent() && from.get().compareTo(to) > 0) {
      throw options.refused(
          "--from %s comes after --to %s, expected %s"
              .formatted(from.get().key(), to.key(), String.join(", ", Stage.keys())));
    }
    return new StageRange(from, to);
  }
}
