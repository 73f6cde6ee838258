package org.pocketdistill.pipeline.cli;

import java.io.IOException;
import java.io.PrintStream;
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
        "Writes report.html, report.md and report.json into the folder of a run, from nothing but"
            + " the files in it. Stages that have not run are shown as such.");
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
    ReportWriter.Written written = ReportWriter.write(Arguments.onlyPath(this, line));
    written.headline().forEach(out::println);
    out.println("report: " + written.html());
    return written.missed().isEmpty() ? Main.DONE : Main.GATE_MISSED;
  }
}
