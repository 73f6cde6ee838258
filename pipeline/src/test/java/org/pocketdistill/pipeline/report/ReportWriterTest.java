package org.pocketdistill.pipeline.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.data.DataException;

class ReportWriterTest {
  private static final Path SCHEMA = Path.of("..", "configs", "schema", "report.schema.json");
  private static final List<String> FILES = List.of("report.html", "report.md", "report.json");

  @TempDir static Path complete;
  private static ReportWriter.Written written;

  @TempDir Path folder;

  @BeforeAll
  static void writeOnce() throws IOException {
    SyntheticRun.complete(
        complete, "{min_retention: 0.97, max_package_mb: 2, max_peak_rss_mb: 1500}");
    written = ReportWriter.write(complete);
  }

  private static String html() throws IOException {
    return Files.readString(complete.resolve("report.html"));
  }

  private static List<String> schemaErrors(Path report) throws IOException {
    return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
        .getSchema(Files.readString(SCHEMA))
        .validate(Files.readString(report), InputFormat.JSON)
        .stream()
        .map(error -> error.getInstanceLocation() + ": " + error.getMessage())
        .toList();
  }

  @Test
  void jsonFollowsItsSchema() throws IOException {
    assertThat(schemaErrors(complete.resolve("report.json"))).isEmpty();
    JsonNode report = new ObjectMapper().readTree(complete.resolve("report.json").toFile());
    assertThat(report.path("shipped").asText()).isEqualTo("onnx-int8");
    assertThat(report.path("models")).hasSize(7);
    assertThat(report.at("/models/6/model/role").asText()).isEqualTo("exported");
    JsonNode metric = report.at("/models/6/tasks/0/metrics/0");
    assertThat(metric.path("metric").asText()).isEqualTo("exact_match");
    assertThat(metric.at("/retention/interval/low").asDouble()).isBetween(0.9, 1.0);
    assertThat(metric.path("p_value").isNumber()).isTrue();
    assertThat(report.path("stages")).hasSize(8);
    assertThat(report.path("training")).hasSize(4);
    assertThat(report.path("exports")).hasSize(2);
    assertThat(report.at("/gates/2/passed").asBoolean(true)).isFalse();
  }

  @Test
  void aSchemaViolationWouldBeSeen() throws IOException {
    Path broken = folder.resolve("report.json");
    Files.writeString(
        broken,
        Files.readString(complete.resolve("report.json")).replace("\"passed\"", "\"past\""));

    assertThat(schemaErrors(broken)).isNotEmpty();
  }

  private void copyFromComplete(String... prefixes) throws IOException {
    try (Stream<Path> files = Files.walk(complete)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path relative = complete.relativize(file);
        if (Stream.of(prefixes).anyMatch(relative.toString()::startsWith)) {
          Files.createDirectories(folder.resolve(relative).getParent());
          Files.copy(file, folder.resolve(relative));
        }
      }
    }
  }

  @Test
  void rebuildingGivesTheSameBytesInAnyPlace() throws IOException {
    copyFromComplete("config.yaml", "0");
    ReportWriter.write(folder);
    ReportWriter.write(folder);

    for (String file : FILES) {
      assertThat(folder.resolve(file)).hasSameBinaryContentAs(complete.resolve(file));
    }
  }

  @Test
  void theHeadlineIsTheResult() {
    assertThat(written.headline().get(0))
        .matches(
            "The 701.kB int8 model keeps 97\\.1.% \\[9\\d\\.\\d, 9\\d\\.\\d\\] of the teacher's"
                + " exact match on test \\(n = 400\\): 92\\.8.% against 95\\.5.%\\.");
    assertThat(written.headline())
        .anyMatch(s -> s.startsWith("Distillation helped on test, against a control"))
        .anyMatch(s -> s.startsWith("What int8 cost, against the fp32 file: exact match −1.3"))
        .contains("Gate missed: max_peak_rss_mb is 2212, the limit 1500.");
  }

  @Test
  void missedGatesAreReturned() {
    assertThat(written.missed()).extracting(Gate::gate).containsExactly("max_peak_rss_mb");
    assertThat(written.gates()).hasSize(3);
    assertThat(written.html()).isEqualTo(complete.resolve("report.html"));
  }

  /**
   * Scripts of the page: a block of data for each of the four plots, the library, the page's own.
   */
  @Test
  void hostileAnswersStayText() throws IOException {
    String html = html();
    String body = html.substring(0, html.indexOf("<script>"));

    assertThat(body)
        .contains("&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x")
        .doesNotContain("<script>alert", "<img", "\u202e")
        .contains("\\u202e");
    assertThat(count(html, "<script")).isEqualTo(6);
    assertThat(count(html, "</script")).isEqualTo(6);
  }

  @Test
  void thePageMayRunItsOwnScriptsAndLoadNothing() throws IOException {
    String html = html();

    Matcher policy =
        Pattern.compile(
                "default-src 'none'; style-src 'unsafe-inline'; script-src"
                    + " '(sha256-[^']+)' '(sha256-[^']+)'\"")
            .matcher(html);
    assertThat(policy.find()).isTrue();
    List<String> hashes = new ArrayList<>();
    Matcher scripts = Pattern.compile("<script>(.*?)</script>", Pattern.DOTALL).matcher(html);
    while (scripts.find()) {
      hashes.add("sha256-" + sha256(scripts.group(1)));
    }
    assertThat(hashes).containsExactly(policy.group(1), policy.group(2));
    assertThat(html).doesNotContainPattern("(src|href)=\"(http|//)");
  }

  private static String sha256(String text) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return Base64.getEncoder().encodeToString(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static int count(String text, String part) {
    return text.split(Pattern.quote(part), -1).length - 1;
  }

  @Test
  void everyPlotHasWordsAndATable() throws IOException {
    String html = html();

    for (String chart : List.of("retention-chart", "size-chart", "loss-chart", "time-chart")) {
      assertThat(html)
          .containsPattern(
              "id=\"" + chart + "\" role=\"img\" aria-label=\"[^\"]{40,}\"[\\s\\S]*?<table>");
    }
    assertThat(count(html, "<caption")).isEqualTo(count(html, "<table>"));
  }

  @Test
  void markdownHasTheSameTables() throws IOException {
    String markdown = Files.readString(complete.resolve("report.md"));

    assertThat(count(markdown, "| --- |")).isPositive();
    assertThat(markdown.lines().filter(line -> line.startsWith("| ---")).count())
        .isEqualTo(count(html(), "<table>"));
    assertThat(markdown)
        .contains("`` </script><script>alert(1)</script><img src=x onerror=alert(1)> \\| `code` ")
        .contains("hard command \\<i>2\\</i> \\|");
  }

  @Test
  void aRunThatHasHardlyStartedIsReportedAsSuch() throws IOException {
    SyntheticRun run = new SyntheticRun(folder);
    run.config("{min_retention: 0.9}");

    ReportWriter.Written report = ReportWriter.write(folder);

    assertThat(report.headline())
        .containsExactly(
            "Nothing was evaluated yet: this report shows what has run so far.",
            "Gate missed: min_retention is not known, the limit 0.9.");
    assertThat(report.missed()).hasSize(1);
    assertThat(schemaErrors(folder.resolve("report.json"))).isEmpty();
    assertThat(Files.readString(folder.resolve("report.md"))).contains("| 08-evaluate | not run |");
  }

  @Test
  void resultsWithoutTrainingsAreEnough() throws IOException {
    SyntheticRun run = new SyntheticRun(folder);
    run.config("{}");
    copyFromComplete("08-evaluate");

    assertThat(ReportWriter.write(folder).gates()).isEmpty();
    assertThat(Files.readString(folder.resolve("report.html"))).doesNotContain("loss-chart");
  }

  @Test
  void saysWhatTheTeachersCacheTook() throws IOException {
    SyntheticRun.complete(folder, "{}");
    Path stage = folder.resolve("04-distill").resolve("stage.json");
    String cache =
        "\"outputs\": {\"cache\": {\"bytes\": 2460000, \"learned_tokens\": 12300,"
            + " \"bytes_per_learned_token\": 200.0, \"hit_rate\": 0.75, \"computed_tokens\":"
            + " 34500, \"build_tokens_per_second\": 812.4}, ";
    Files.writeString(stage, Files.readString(stage).replace("\"outputs\": {", cache));

    ReportWriter.write(folder);

    assertThat(Files.readString(folder.resolve("report.md")).replace('\u00a0', ' '))
        .contains(
            "The teacher was read from a cache: 2.46 MB for 12.3 k learned tokens, 200 bytes each;"
                + " 75.0 % of the documents asked for were there, and 34.5 k tokens were computed,"
                + " 812 a second.");
    assertThat(html()).doesNotContain("was read from a cache");
  }

  @Test
  void anotherFolderIsRefused() {
    assertThatThrownBy(() -> ReportWriter.write(folder))
        .isInstanceOf(DataException.class)
        .hasMessage(
            folder + ": no config.yaml in it: expected the folder of a run, for example runs/NAME");
  }

  @Test
  void brokenFilesAreNamed() throws IOException {
    SyntheticRun run = new SyntheticRun(folder);
    run.config("{}");
    run.write("03-student/stage.json", "{\"stage\": ");
    assertThatThrownBy(() -> ReportWriter.write(folder))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith(folder.resolve("03-student/stage.json") + ": no valid JSON: ");

    run.write("03-student/stage.json", "[]");
    assertThatThrownBy(() -> ReportWriter.write(folder))
        .hasMessage(folder.resolve("03-student/stage.json") + ": expected a JSON object");

    run.write("03-student/stage.json", "{}");
    copyFromComplete("08-evaluate");
    Path samples = folder.resolve("08-evaluate/onnx-int8/samples_function_call_test.jsonl");
    Files.writeString(samples, "{}\nnothing\n");
    assertThatThrownBy(() -> ReportWriter.write(folder))
        .isInstanceOf(DataException.class)
        .hasMessage(samples + ":2: expected a JSON object");

    Files.write(samples, new byte[] {(byte) 0xc3, 0x28});
    assertThatThrownBy(() -> ReportWriter.write(folder))
        .isInstanceOf(DataException.class)
        .hasMessage(samples + ": not valid UTF-8 after line 0");
  }
}
