package org.pocketdistill.pipeline.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.pocketdistill.pipeline.report.ReportWriter;

/** {@code distill report}: the report of a run, from its files. */
final class ReportCommand implements Command {
  private final PrintStream out;

  ReportCommand(PrintStream out) {
    this.out = out;
  }

  @Override
  public String name() {
    return "report";
  }

  @Override
  public String arguments() {
    return "RUN";
  }

  @Override
  public String summary() {
    return "rebuilds the report from the files of a run";
  }

  @Override
  public List<String> description() {
    return List.of(
        "Writes report.html (one self-contained page with plots), report.md and report.json into the"
            + " folder of a run, from nothing but the files in it, and prints the result. The same"
            + " files give the same report. Stages that have not run are shown as such.",
        "Ends with exit code 3 if a gate of the job was missed.");
  }

  @Override
  public List<String> examples() {
    return List.of("distill report runs/quickstart");
  }

  @Override
  public Options options() {
    return new Options();
  }

  @Override
  public boolean computes() {
    return false;
  }

  @Override
  public int run(CommandLine line) throws IOException {
    Path run = Arguments.onlyPath(this, line);
    return ReportSummary.print(out, ReportWriter.write(run), run);
  }
}
