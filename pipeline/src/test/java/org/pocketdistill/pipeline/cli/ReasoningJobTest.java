package org.pocketdistill.pipeline.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.pipeline.TinyModel;
import org.pocketdistill.pipeline.cli.TinyJob.Outcome;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;

/** A model that a job has taught to think, on both runtimes. */
class ReasoningJobTest {
  private static final String YAML =
      """
      name: thinker
      output_dir: '%s/run'
      data:
        train: [{path: rows.jsonl, format: prompt_completion}]
        max_seq_len: 96
      tokenizer: {vocab_size: 320}
      teacher:
        model: {model_type: llama, hidden_size: 32, intermediate_size: 64, num_hidden_layers: 1, num_attention_heads: 2}
        train: {max_steps: 80, batch_size: 6, learning_rate: 1.0e-2, precision: fp32}
      student:
        model: {model_type: llama, hidden_size: 16, intermediate_size: 16, num_hidden_layers: 1, num_attention_heads: 1}
      distill: {train: {learning_rate: 1e-3}}
      export: {context_length: 96}
      """;

  /** The same answer to all: a model this small learns in seconds to write, not to read. */
  private static final String ROW =
      "{\"prompt\": \"%s\", \"completion\": \"<think>\\nIt is a word.\\n</think>\\n\\nok 7\"}";

  private static final List<String> WORDS = List.of("one", "two", "three", "four", "five", "six");
  private static final String TASK =
      """
      name: thought
      version: 1
      description: an answer after a trace
      max_new_tokens: %d
      metrics: [exact_match, perplexity]
      """;

  @TempDir private static Path folder;
  private static Path torch;
  private static Path onnx;

  private final Console console = new Console();

  @BeforeAll
  static void teach() throws IOException {
    Files.write(folder.resolve("rows.jsonl"), WORDS.stream().map(ROW::formatted).toList());
    TinyJob job = TinyJob.in(folder, YAML.formatted(folder));
    Outcome outcome = job.run("--to", "teacher");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    torch = job.path("02-teacher/model");
    onnx = TinyModel.export(torch, folder.resolve("onnx"), OnnxPrecision.FP32);
  }

  private String eval(Path model, int limit, Object... options) throws IOException {
    Path task = Files.writeString(folder.resolve("thought.yaml"), TASK.formatted(limit));
    Object[] start = {
      "eval", "--model", model, "--tasks", task, "--data", folder.resolve("rows.jsonl")
    };
    Object[] format = {"--format", "prompt_completion", "--output", folder.resolve("out")};
    int code = console.run(Stream.of(start, format, options).flatMap(Stream::of).toArray());
    assertThat(code).as(console.err()).isZero();
    return console.out();
  }

  private static List<JsonNode> samples() throws IOException {
    List<JsonNode> samples = new ArrayList<>();
    for (String line : Files.readAllLines(folder.resolve("out/samples_thought_rows.jsonl"))) {
      samples.add(new ObjectMapper().readTree(line));
    }
    return samples;
  }

  @Test
  void answersAreScoredWithoutTheirTraces() throws IOException {
    for (Path model : List.of(torch, onnx)) {
      assertThat(eval(model, 64))
          .contains("exact_match          1.0000")
          .containsPattern("perplexity +1\\.0\\d+")
          .containsPattern(
              "reasoning: 6 of 6 answers with a trace, \\d+\\.\\d tokens each; 0 closed by the"
                  + " budget, 0 cut off");
      assertThat(samples())
          .allSatisfy(
              sample -> {
                assertThat(sample.path("reasoning").asText()).isEqualTo("It is a word.");
                assertThat(sample.at("/filtered_resps/0").asText()).isEqualTo("ok 7");
              });
    }
  }

  @Test
  void tracesThatTheLimitCutsOffAreCountedAsWrong() throws IOException {
    for (Path model : List.of(torch, onnx)) {
      assertThat(eval(model, 8))
          .contains("exact_match          0.0000")
          .contains("0 closed by the budget, 6 cut off at the token limit and counted as wrong");
    }
    assertThat(samples()).allMatch(sample -> sample.path("truncated_reasoning").asBoolean());
  }

  @Test
  void aBudgetClosesTracesTheSameInEveryBatchAndOnEveryRuntime() throws IOException {
    String out = eval(torch, 8, "--reasoning-budget", 3, "--batch-size", 1);
    List<JsonNode> alone = samples();

    assertThat(out).contains("6 closed by the budget, 0 cut off");
    assertThat(alone).allMatch(sample -> sample.path("closed_by_budget").asBoolean());
    assertThat(eval(torch, 8, "--reasoning-budget", 3)).isEqualTo(out);
    assertThat(samples()).isEqualTo(alone);
    eval(onnx, 8, "--reasoning-budget", 3);
    assertThat(samples())
        .extracting(sample -> sample.at("/resps/0/0").asText())
        .containsExactlyElementsOf(
            alone.stream().map(sample -> sample.at("/resps/0/0").asText()).toList());
  }

  private String chat(boolean dims, Object... options) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, UTF_8);
    ChatCommand command = new ChatCommand(out, InputStream.nullInputStream(), dims);
    String[] arguments =
        Stream.concat(Stream.of("chat", "--model", torch, "--prompt", "two"), Stream.of(options))
            .map(Object::toString)
            .toArray(String[]::new);
    assertThat(new Main(out, out, List.of(command)).run(arguments))
        .as(bytes.toString(UTF_8))
        .isZero();
    return bytes.toString(UTF_8);
  }

  @Test
  void chatShowsDimsOrHidesTheTrace() {
    assertThat(chat(false)).isEqualTo("<think>\nIt is a word.\n</think>\n\nok 7\n");
    assertThat(chat(true)).isEqualTo("\u001b[2mIt is a word.\u001b[0m\n\nok 7\n");
    assertThat(chat(true, "--hide-reasoning")).isEqualTo("ok 7\n");
    assertThat(chat(false, "--reasoning-budget", 0)).doesNotContain("think", "word");
    String cutOff =
        "(no answer: the token limit came within the trace; raise --max-new-tokens or set"
            + " --reasoning-budget)\n";
    assertThat(chat(false, "--max-new-tokens", 6)).startsWith("<think>\nIt").endsWith(cutOff);
    assertThat(chat(true, "--max-new-tokens", 6)).endsWith("\u001b[0m\n" + cutOff);
    assertThat(chat(true, "--max-new-tokens", 6, "--hide-reasoning")).isEqualTo(cutOff);
  }

  @Test
  void countsTheReferencesTraceWhereARowHasToFitTheModel() throws IOException {
    Path task = Files.writeString(folder.resolve("long.yaml"), TASK.formatted(8));
    Path rows =
        Files.writeString(
            folder.resolve("long.jsonl"), ROW.formatted("one").replace("word.", "0".repeat(200)));

    assertThat(
            console.run(
                "eval",
                "--model",
                torch,
                "--tasks",
                task,
                "--data",
                rows,
                "--format",
                "prompt_completion"))
        .isEqualTo(Main.WRONG_INPUT);
    assertThat(console.err())
        .contains("row long.jsonl:1: ", "expected at most 96 (the model's context)");
  }

  @Test
  void refusesABudgetThatIsNone() throws IOException {
    for (String command : List.of("eval", "chat")) {
      Object[] arguments = {command, "--model", torch, "--reasoning-budget", "-1", "--prompt", "x"};
      if (command.equals("eval")) {
        Path task = Files.writeString(folder.resolve("thought.yaml"), TASK.formatted(8));
        arguments =
            new Object[] {
              command,
              "--model",
              torch,
              "--reasoning-budget",
              "-1",
              "--tasks",
              task,
              "--data",
              folder.resolve("rows.jsonl"),
              "--format",
              "prompt_completion"
            };
      }
      assertThat(console.run(arguments)).isEqualTo(Main.WRONG_INPUT);
      assertThat(console.err())
          .contains("--reasoning-budget '-1', expected a whole number of at least 0");
    }
  }

  @Test
  void knowsWhereTextCanBeDimmed() {
    Map<String, String> usual = Map.of("TERM", "xterm");

    assertThat(Terminal.dims(true, usual)).isTrue();
    assertThat(Terminal.dims(false, usual)).isFalse();
    assertThat(Terminal.dims(true, Map.of("TERM", "dumb"))).isFalse();
    assertThat(Terminal.dims(true, Map.of())).isFalse();
    assertThat(Terminal.dims(true, Map.of("TERM", "xterm", "NO_COLOR", "1"))).isFalse();
  }
}
