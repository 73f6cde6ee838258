package org.pocketdistill.pipeline.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pocketdistill.pipeline.cli.TinyJob.Outcome;

/** Good and bad data through the whole command, up to the end of the data stage. */
class JobDataTest {
  private static final String YAML =
      """
      name: rows
      output_dir: '%1$s/run'
      data:
        train: [{path: train.jsonl, format: prompt_completion}]
        test: {held: [{path: held.jsonl, format: prompt_completion}]}
        max_seq_len: 96
        near_duplicate_threshold: 1
      tokenizer: {vocab_size: 300}
      teacher: {model: %2$s, train: {learning_rate: 1e-3}}
      student: {model: %2$s}
      distill: {train: {learning_rate: 1e-3}}
      export: {context_length: 96}
      evaluate: {tasks: [{task: function_call, set: held}]}
      """;
  private static final String MODEL =
      "{model_type: llama, hidden_size: 16, intermediate_size: 16, num_hidden_layers: 1,"
          + " num_attention_heads: 1}";
  private static final String OWN_ADAPTER =
      "lora=[{name: mine, data: [{path: own.jsonl, format: prompt_completion}],"
          + " train: {learning_rate: 1e-3}}]";

  /** Without repetition, so that it stays long in any vocabulary. */
  private static final String LONG =
      IntStream.range(0, 200)
          .mapToObj(i -> "" + (char) ('!' + i * 37 % 91))
          .map(c -> c.replaceAll("[\"\\\\]", "~"))
          .reduce("", String::concat);

  @TempDir private Path folder;

  private TinyJob job;

  @BeforeEach
  void layOut() throws IOException {
    job = TinyJob.in(folder, YAML.formatted(folder, MODEL));
    write("train.jsonl", IntStream.range(0, 6).mapToObj(i -> row("say " + i, "it is " + i)));
    write("held.jsonl", Stream.of(row("ask", "told")));
  }

  private static String row(String prompt, String completion) {
    return "{\"prompt\": \"%s\", \"completion\": \"%s\"}".formatted(prompt, completion);
  }

  private void write(String name, Stream<String> rows) throws IOException {
    Files.write(folder.resolve(name), rows.toList());
  }

  private void append(String name, String row) throws IOException {
    Files.writeString(folder.resolve(name), Files.readString(folder.resolve(name)) + row + "\n");
  }

  private Outcome prepare(String... overrides) {
    Stream<String> sets = Arrays.stream(overrides).flatMap(set -> Stream.of("--set", set));
    return job.run(Stream.concat(Stream.of("--to", "data"), sets).toArray(String[]::new));
  }

  private JsonNode prepared(String... overrides) throws IOException {
    Outcome outcome = prepare(overrides);
    assertThat(outcome.code()).as(outcome.err()).isZero();
    return job.stage("01-data").path("outputs");
  }

  private void refused(Outcome outcome, String message) {
    assertThat(outcome.code()).as(outcome.err()).isEqualTo(Main.WRONG_INPUT);
    assertThat(outcome.err().lines().filter(line -> !line.contains(" WARN ")))
        .singleElement()
        .asString()
        .contains(message);
  }

  @Test
  void aMissingFileIsRefused() throws IOException {
    Files.delete(folder.resolve("held.jsonl"));

    refused(prepare(), "data.test.held.0.path: no such file: " + folder.resolve("held.jsonl"));
    assertThat(job.path("")).doesNotExist();
  }

  @Test
  void truncatedGzipIsRefused() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(Files.readAllBytes(folder.resolve("train.jsonl")));
    }
    byte[] cut = Arrays.copyOf(bytes.toByteArray(), bytes.size() - 12);
    Files.write(folder.resolve("train.jsonl.gz"), cut);

    refused(prepare("data.train.0.path=train.jsonl.gz"), "the file is truncated");
    assertThat(job.path("01-data/train.jsonl")).doesNotExist();
  }

  @Test
  void invalidUtf8IsRefused() throws IOException {
    byte[] bytes = Files.readAllBytes(folder.resolve("train.jsonl"));
    bytes[new String(bytes, UTF_8).indexOf("say 1")] = (byte) 0xff;
    Files.write(folder.resolve("train.jsonl"), bytes);

    refused(prepare(), folder.resolve("train.jsonl") + ":2: invalid UTF-8 at byte");
  }

  @Test
  void aRowWithoutTextOfTheAssistantIsRefused() throws IOException {
    append("train.jsonl", row("a question", " "));

    refused(prepare(), folder.resolve("train.jsonl") + ":7: ");
  }

  @Test
  void anUnknownSetAndAnUnknownTaskAreRefusedBeforeAnythingStarts() {
    refused(
        prepare("evaluate.tasks=[{task: function_call, set: hold}]"),
        "no evaluation set 'hold'; did you mean 'held'?");
    refused(
        prepare("evaluate.tasks=[{task: function_cal, set: held}]"),
        "task 'function_cal': no such file");
    assertThat(job.path("")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({"learn, true, true", "mask, true, false", "strip, false, false"})
  void tracesAreLearnedMaskedOrStripped(String reasoning, boolean kept, boolean learned)
      throws IOException {
    append("train.jsonl", row("say seven", "<think>\\nIt says seven.\\n</think>\\n\\nit is 7"));
    append("held.jsonl", row("say 8", "<think>hm</think>it is 8"));

    JsonNode audit = prepared("data.reasoning=" + reasoning).path("tokenizer").path("train.jsonl");

    assertThat(audit.path("rows").intValue()).isEqualTo(7);
    assertThat(audit.path("reasoningTokens").intValue() > 0).isEqualTo(kept);
    assertThat(audit.path("learnedReasoningTokens").intValue() > 0).isEqualTo(learned);
    assertThat(audit.path("tracesLeftOut").intValue()).isZero();
    String trace = ",\"reasoning_content\":\"It says seven.\"";
    assertThat(Files.readAllLines(job.path("01-data/train.jsonl")))
        .last()
        .asString()
        .contains("\"content\":\"it is 7\"" + (kept ? trace : "}"));
    assertThat(job.path("01-data/set-held.jsonl"))
        .content()
        .contains("\"content\":\"it is 8\"" + (kept ? ",\"reasoning_content\":\"hm\"" : "}"));
  }

  @Test
  void aTraceThatIsNotClosedIsABadLine() throws IOException {
    append("train.jsonl", row("ask", "[T]never closed"));

    refused(
        prepare("data.reasoning_tags=['[T]', '[/T]']"),
        folder.resolve("train.jsonl")
            + ":7: the assistant's reasoning: '[T]' is not closed by '[/T]'. Mend it, or skip some"
            + " with data.max_bad_lines");
    JsonNode outputs = prepared("data.reasoning_tags=['[T]', '[/T]']", "data.max_bad_lines=1");
    assertThat(outputs.path("bad_lines").intValue()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({"drop, 6, 1, 0", "truncate, 7, 0, 1"})
  void longRowsAreDroppedOrCutAndCounted(String policy, int rows, int dropped, int truncated)
      throws IOException {
    append("train.jsonl", row("short", LONG));

    JsonNode audit = prepared("data.too_long=" + policy).path("tokenizer").path("train.jsonl");

    assertThat(audit.path("rows").intValue()).isEqualTo(rows);
    assertThat(audit.path("dropped").intValue()).isEqualTo(dropped);
    assertThat(audit.path("truncated").intValue()).isEqualTo(truncated);
  }

  @Test
  void aLongRowIsRefusedWhereThePolicySaysSo() throws IOException {
    append("train.jsonl", row("short", LONG));

    refused(prepare("data.too_long=error"), "row train.jsonl:7: ");
  }

  @Test
  void rowsThatAreAllTooLongAreRefused() {
    refused(
        prepare("data.max_seq_len=8"),
        "train.jsonl: no row is left to train on: 6 are longer than data.max_seq_len 8");
  }

  @Test
  void anItemThatNoModelCouldHoldIsRefusedBeforeTheTraining() throws IOException {
    append("held.jsonl", row(LONG, "yes"));

    refused(prepare(), "evaluation set 'held': row held.jsonl:2 has ");
  }

  @Test
  void contaminationIsRemovedAndReported() throws IOException {
    append("train.jsonl", row("Ask!", "something else"));

    JsonNode outputs = prepared();

    assertThat(outputs.path("train").path("rows").intValue()).isEqualTo(6);
    assertThat(outputs.path("train").path("contaminated").intValue()).isEqualTo(1);
    assertThat(outputs.path("contamination").path("held").path("found_in_training").intValue())
        .isEqualTo(1);
    assertThat(job.path("01-data/train.jsonl")).content().doesNotContain("Ask!");
    assertThat(prepared("data.contamination=report").path("train").path("rows").intValue())
        .isEqualTo(7);
    Outcome refused = prepare("data.contamination=error");
    refused(refused, "row train.jsonl:7 also stands in an evaluation set");
    assertThat(refused.err()).contains("data.contamination: was report, is error");
    write("train.jsonl", Stream.of(row("ask", "told")));
    refused(prepare(), "no row is left to train on (1 stood in evaluation sets)");
  }

  @Test
  void anAdapterLearnsFromItsOwnRows() throws IOException {
    write("own.jsonl", Stream.of(row("own", "row"), row("ask", "told"), row("own", "row")));

    JsonNode outputs = prepared(OWN_ADAPTER);

    JsonNode own = outputs.path("adapter mine");
    assertThat(own.path("rows").intValue()).isEqualTo(1);
    assertThat(own.path("contaminated").intValue()).isEqualTo(1);
    assertThat(own.path("exact_duplicates").intValue()).isEqualTo(1);
    assertThat(outputs.path("tokenizer").path("adapter-mine.jsonl").path("rows").intValue())
        .isEqualTo(1);
    assertThat(Files.readAllLines(job.path("01-data/adapter-mine.jsonl")))
        .singleElement()
        .asString()
        .contains("own.jsonl:1");
  }

  @Test
  void dataAreKnownByNameAndContentNotByPlace() throws IOException {
    prepared();
    assertThat(changes()).as("the same").isEmpty();
    Path moved = Files.createDirectories(folder.resolve("else where"));
    Files.copy(folder.resolve("held.jsonl"), moved.resolve("held.jsonl"));
    Files.copy(folder.resolve("train.jsonl"), moved.resolve("train.jsonl"));
    String relative = Path.of("").toAbsolutePath().relativize(moved).toString();
    assertThat(changes("data.dir=" + relative)).as("in another folder").isEmpty();

    Files.move(moved.resolve("train.jsonl"), moved.resolve("other.jsonl"));
    assertThat(changes("data.dir=" + moved, "data.train.0.path=other.jsonl"))
        .contains("data.train.0.path: was train.jsonl, is other.jsonl");

    append("held.jsonl", row("more", "rows"));
    assertThat(changes("data.train.0.path=train.jsonl"))
        .contains("files.held.jsonl: was ", "data.train.0.path: was other.jsonl, is train.jsonl");
  }

  private String changes(String... overrides) {
    Outcome outcome = prepare(overrides);
    assertThat(outcome.code()).as(outcome.err()).isZero();
    return outcome.err();
  }

  @Test
  void badLinesAreSkippedAndCountedAsFarAsAllowed() throws IOException {
    append("train.jsonl", "{");

    refused(prepare(), folder.resolve("train.jsonl") + ":7: not JSON");
    Outcome outcome = prepare("data.max_bad_lines=1");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.err()).contains("skipped " + folder.resolve("train.jsonl") + ":7: not JSON");
    assertThat(job.stage("01-data").path("outputs").path("bad_lines").intValue()).isEqualTo(1);
  }
}
