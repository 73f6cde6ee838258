package org.pocketdistill.pipeline.cli;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Locale;
import org.pocketdistill.pipeline.report.Gate;
import org.pocketdistill.pipeline.report.ReportWriter;

/** What a report says, on the console. */
final class ReportSummary {
  private ReportSummary() {}

  /**
   * Prints the result, the gates and where the page is.
   *
   * @return exit code: 3 if a gate was missed
   */
  static int print(PrintStream out, ReportWriter.Written written, Path run) {
    written.headline().forEach(out::println);
    for (Gate gate : written.gates()) {
      out.println(
          (gate.passed() ? "gate passed: " : "GATE MISSED: ")
              + gate.gate()
              + " "
              + gate.value().map(ReportSummary::number).orElse("not known")
              + ", limit "
              + number(gate.limit()));
    }
    out.println("report: " + run.resolve(written.html().getFileName()));
    return written.missed().isEmpty() ? Main.DONE : Main.GATE_MISSED;
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.4g", value);
  }
}
