package org.pocketdistill.pipeline.report;

import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.pocketdistill.eval.result.AtomicFile;

/**
 * Writes {@code report.html}, {@code report.md} and {@code report.json} into the folder of a run,
 * from what stands in it. Nothing else goes in, no clock and no machine: the same files give the
 * same bytes. Stateless.
 */
public final class ReportWriter {
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .addModule(new Jdk8Module())
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .build();

  private ReportWriter() {}

  /**
   * What was written.
   *
   * @param html the page
   * @param headline its first sentences
   * @param gates of the job, passed and missed
   */
  public record Written(Path html, List<String> headline, List<Gate> gates) {
    /** The gates that were missed; if there are any, the program ends with exit code 3. */
    public List<Gate> missed() {
      return gates.stream().filter(gate -> !gate.passed()).toList();
    }
  }

  /**
   * Writes the report of a run; stages that have not run are shown as such.
   *
   * @throws org.pocketdistill.data.DataException if the folder is no run, or a file in it is broken
   * @throws org.pocketdistill.config.ConfigException if its {@code config.yaml} is
   */
  public static Written write(Path run) throws IOException {
    RunFiles files = RunFiles.read(run);
    Report report = new ReportBuilder(files).build();
    Page page = new PageBuilder(files, report).build();
    DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
    DefaultPrettyPrinter printer =
        new DefaultPrettyPrinter().withObjectIndenter(indenter).withArrayIndenter(indenter);
    Path html = run.resolve("report.html");
    AtomicFile.write(
        run.resolve("report.json"), JSON.writer(printer).writeValueAsString(report) + "\n");
    AtomicFile.write(run.resolve("report.md"), MarkdownPage.of(page));
    AtomicFile.write(html, writer -> HtmlPage.write(page, writer));
    return new Written(html, report.headline(), report.gates());
  }
}
