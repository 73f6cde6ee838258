package org.pocketdistill.pipeline.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.pocketdistill.pipeline.config.GivenModels;
import org.pocketdistill.pipeline.config.JobFile;
import org.pocketdistill.pipeline.hub.Hub;
import org.pocketdistill.pipeline.job.GivenModelsCheck;
import org.pocketdistill.pipeline.job.TaskFiles;
import org.pocketdistill.pipeline.plan.JobOutline;

/** {@code distill validate}: every problem of a job file, and nothing started. */
final class ValidateCommand implements Command {
  private final PrintStream out;

  ValidateCommand(PrintStream out) {
    this.out = out;
  }

  @Override
  public String name() {
    return "validate";
  }

  @Override
  public String arguments() {
    return "JOB.yaml";
  }

  @Override
  public String summary() {
    return "lists every problem of a job file at once; starts nothing";
  }

  @Override
  public List<String> description() {
    return List.of(
        "Reads a job file and reports everything that is wrong with it in one go: unknown, missing,"
            + " mistyped and out-of-range keys, keys that cannot stand together, and files that do"
            + " not exist; each with its line, what was expected and the nearest valid key.",
        "If nothing is wrong it says what each stage of the job would do.");
  }

  @Override
  public List<String> examples() {
    return List.of(
        "distill validate configs/quickstart.yaml",
        "distill validate configs/snips.yaml --set data.dir=/data --set seed=3");
  }

  @Override
  public Options options() {
    return new Options().addOption(Arguments.set());
  }

  @Override
  public boolean computes() {
    return false;
  }

  @Override
  public int run(CommandLine line) throws IOException {
    JobFile job = JobFile.read(Arguments.onlyPath(this, line), Arguments.overrides(line));
    new TaskFiles(job.path().toAbsolutePath().getParent()).check(job.config());
    GivenModels given = GivenModels.present(job.config(), Hub.fromEnvironment());
    GivenModelsCheck.check(job.config(), job.path(), given);
    out.println(job.path() + ": no problems. The job would run these stages:");
    new JobOutline(job)
        .stages()
        .forEach((stage, work) -> out.println("  " + String.format("%-10s", stage) + work));
    return Main.DONE;
  }
}
