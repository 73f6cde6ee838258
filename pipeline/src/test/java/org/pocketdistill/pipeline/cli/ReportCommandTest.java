package org.pocketdistill.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportCommandTest {
  @TempDir private Path folder;
  private Path run;
  private final Console console = new Console();

  /** A run that ended before anything was measured. */
  @BeforeEach
  void layOutARun() throws IOException {
    run = Files.createDirectory(folder.resolve("the run"));
    Files.copy(Path.of("..", "configs", "quickstart.yaml"), run.resolve("config.yaml"));
  }

  @Test
  void writesTheReportAndSaysWhere() throws IOException {
    Files.writeString(
        run.resolve("config.yaml"),
        Files.readString(run.resolve("config.yaml")).replaceAll("(?s)\ngates:.*", "\n"));

    assertThat(console.run("report", run)).as(console.err()).isZero();

    assertThat(console.out())
        .contains("Nothing was evaluated yet", "report: " + run.resolve("report.html"));
    assertThat(run.resolve("report.html")).exists();
    assertThat(run.resolve("report.md")).exists();
    assertThat(run.resolve("report.json")).exists();
  }

  @Test
  void endsWithThreeWhereAGateIsMissed() {
    assertThat(console.run("report", run)).isEqualTo(Main.GATE_MISSED);
    assertThat(console.out())
        .contains("GATE MISSED: min_retention not known, limit 0.97")
        .contains("report: ");
    assertThat(console.err()).isEmpty();
  }

  @Test
  void refusesAFolderThatIsNoRun() throws IOException {
    for (Path path : new Path[] {folder, folder.resolve("none")}) {
      assertThat(console.run("report", path)).isEqualTo(Main.WRONG_INPUT);
      assertThat(console.err().strip())
          .isEqualTo(
              path + ": no config.yaml in it: expected the folder of a run, for example runs/NAME");
    }
    assertThat(console.run("report")).isEqualTo(Main.WRONG_INPUT);
    assertThat(console.err()).contains("distill report: expected RUN, got nothing");

    Files.createDirectory(run.resolve("08-evaluate"));
    Files.writeString(run.resolve("08-evaluate/results.json"), "{");
    assertThat(console.run("report", run)).isEqualTo(Main.WRONG_INPUT);
    assertThat(console.err()).contains("results.json").doesNotContain("\tat ");
  }

  @Test
  void refusesAReportThatCannotBeWritten() throws IOException {
    Path file = Files.createDirectories(run.resolve("report.json/x"));

    assertThat(console.run("report", run)).isEqualTo(Main.WRONG_INPUT);
    assertThat(console.err().strip().lines()).hasSize(1);
    assertThat(console.err()).contains("report.json");
    assertThat(file).exists();
  }
}
