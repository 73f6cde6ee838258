package org.pocketdistill.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.pipeline.Checkpoints;
import org.pocketdistill.pipeline.TinyModel;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;

class EvalCommandTest {
  private static final String TASK =
      Path.of("..", "configs", "tasks", "function_call.yaml").toString();
  private static final String ROW =
      "{\"utterance\": \"wake me at %d\", \"intent\": \"alarm\","
          + " \"slots\": [{\"name\": \"time\", \"value\": \"%d\"}]}\n";

  @TempDir private static Path models;
  private static Path model;
  private static Path onnx;

  @TempDir private Path folder;
  private Path rows;
  private final Console console = new Console();

  @BeforeAll
  static void makeModels() throws IOException {
    model = TinyModel.write(models.resolve("tiny"));
    onnx = TinyModel.export(model, models.resolve("phone"), OnnxPrecision.INT8);
  }

  @BeforeEach
  void writeRows() throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 6; i++) {
      text.append(ROW.formatted(i, i));
    }
    rows = Files.writeString(folder.resolve("my.set.jsonl"), text);
  }

  private int eval(Object... more) {
    return console.run(
        Stream.concat(Stream.of("eval", "--tasks", TASK), Stream.of(more)).toArray());
  }

  private Object[] calls(Object... more) {
    return Stream.concat(
            Stream.of(
                "--data",
                rows,
                "--format",
                "function_call",
                "--field",
                "text=utterance",
                "--field",
                "name=intent",
                "--field",
                "arguments=slots"),
            Stream.of(more))
        .toArray();
  }

  @Test
  void measuresBothKindsOfFolders() {
    for (Path folder : new Path[] {model, onnx}) {
      assertThat(eval(calls("--model", folder))).as(console.err()).isZero();
      assertThat(console.out().lines()).hasSize(5).first().isEqualTo("function_call_my.set, n = 6");
      assertThat(console.out())
          .containsPattern("exact_match +0\\.0000 {2}\\(95 % interval 0\\.0000 to 0\\.\\d{4}\\)")
          .contains("  function_accuracy ", "  slot_f1 ", "  perplexity ");
    }
  }

  private int generalSkill(String task, Path data, Object... more) {
    Path file = Path.of("..", "configs", "tasks", task + ".yaml");
    return console.run(
        Stream.concat(
                Stream.of("eval", "--tasks", file, "--data", data, "--model", model),
                Stream.of(more))
            .toArray());
  }

  @Test
  void readsRowsInTheShapeThatTheTaskNeeds() throws IOException {
    Path choices =
        Files.writeString(
            folder.resolve("choices.jsonl"),
            "{\"question\": \"when\", \"choices\": [\"at seven\", \"in\"], \"answer\": 0}\n");
    Path texts = Files.writeString(folder.resolve("texts.jsonl"), "{\"text\": \"wake me\"}\n");

    assertThat(generalSkill("piqa", choices)).as(console.err()).isZero();
    assertThat(console.out()).contains("piqa_choices, n = 1", "  acc ", "  acc_norm ");
    assertThat(generalSkill("wikitext2", texts)).as(console.err()).isZero();
    assertThat(console.out()).contains("wikitext2_texts, n = 1", "  word_perplexity ");
    assertThat(generalSkill("boolq", choices)).isNotZero();
    assertThat(console.err()).contains("choices.jsonl:1: it has no 'context'");
    assertThat(generalSkill("piqa", texts, "--format", "text")).isNotZero();
    assertThat(console.err()).contains("expected a question with choices", "found plain text");
  }

  @Test
  void writesResultsAndSamplesInTheShapeOfLmEval() throws IOException {
    Path target = folder.resolve("new/results");

    assertThat(eval(calls("--model", model, "--limit", 4, "--batch-size", 3, "--output", target)))
        .as(console.err())
        .isZero();

    assertThat(console.out()).contains("function_call_my.set, n = 4", "written to " + target);
    ObjectMapper json = new ObjectMapper();
    JsonNode results = json.readTree(target.resolve("results_lm_eval.json").toFile());
    assertThat(results.at("/results/function_call_my.set/sample_len").intValue()).isEqualTo(4);
    assertThat(results.at("/model_name").textValue()).isEqualTo("tiny");
    assertThat(Files.readAllLines(target.resolve("samples_function_call_my.set.jsonl"))).hasSize(4);
  }

  @Test
  void givesTheSameForTheSame() {
    eval(calls("--model", model, "--limit", 4));
    String first = console.out();
    eval(calls("--model", model, "--limit", 4, "--batch-size", 1));

    assertThat(console.out()).as("batches change nothing").isEqualTo(first);
  }

  @Test
  void readsTheShapeOfMessagesUnlessToldOtherwise() throws IOException {
    Path data =
        Files.writeString(
            folder.resolve("set.jsonl"),
            "{\"messages\": [{\"role\": \"user\", \"content\": \"call\"},"
                + " {\"role\": \"assistant\", \"content\": \"{}\"}]}\n");

    assertThat(eval("--model", model, "--data", data)).as(console.err()).isZero();
    assertThat(console.out()).startsWith("function_call_set, n = 1");
  }

  @Test
  void refusesWrongOptions() {
    assertRefused(
        "--field 'intent', expected FIELD=NAME", calls("--model", model, "--field", "intent"));
    assertRefused(
        "--field 'nam=x': no field 'nam' in the shape function_call, did you mean 'name'?",
        calls("--model", model, "--field", "nam=x"));
    assertRefused("'name' is given twice", calls("--model", model, "--field", "name=x"));
    assertRefused(
        "--format 'mesages', did you mean 'messages'?",
        "--model",
        model,
        "--data",
        rows,
        "--format",
        "mesages");
    assertRefused(
        "--limit '0', expected a whole number of at least 1",
        calls("--model", model, "--limit", 0));
    assertRefused("--batch-size 'x'", calls("--model", model, "--batch-size", "x"));
    assertRefused(
        "--dtype 'fp16', expected one of fp32, bf16", calls("--model", model, "--dtype", "fp16"));
    assertRefused(
        "--dtype belongs to folders and GGUF files", calls("--model", onnx, "--dtype", "bf16"));
  }

  @Test
  void refusesWrongFiles() throws IOException {
    assertRefused("my.set.jsonl:1: ", "--model", model, "--data", rows);
    assertRefused(
        "no such file; the nearest name", "--model", model, "--data", folder.resolve("my.jsonl"));
    assertRefused("tokenizer.json: no such file", calls("--model", Checkpoints.folder("qwen2")));
    assertRefused("cannot be written", calls("--model", model, "--output", rows.resolve("x")));
    assertRefused("cannot be written", calls("--model", model, "--output", rows));

    Path text = Files.writeString(folder.resolve("t.jsonl"), "\n");
    assertRefused("evaluation set 't' has no items", "--model", model, "--data", text);
    String turn = "{\"role\": \"%s\", \"content\": \"x\"}";
    String user = turn.formatted("user");
    Files.writeString(text, "{\"messages\": [" + user + "]}\n");
    assertRefused(text + ":1: the assistant says nothing", "--model", model, "--data", text);
    assertThat(console.err()).as("there is no such key here").doesNotContain("max_bad_lines");
    String assistant = turn.formatted("assistant");
    Files.writeString(text, "{\"messages\": [" + user + "," + assistant + "," + user + "]}\n");
    assertRefused(
        "expected a question and then, as last turn, the assistant's reference answer",
        "--model",
        model,
        "--data",
        text);
  }

  @Test
  void namesTheRowThatDoesNotFitTheModel() throws IOException {
    String row = "{\"prompt\": \"%s\", \"completion\": \"ok\"}\n";
    Path data =
        Files.writeString(
            folder.resolve("long.jsonl"), row.formatted("0") + row.formatted("0".repeat(160)));

    assertRefused(
        "evaluation set 'long', row long.jsonl:2: 182 tokens with its answer, expected at most 160",
        "--model",
        model,
        "--data",
        data,
        "--format",
        "prompt_completion");
  }

  @Test
  void refusesUnknownTasksBeforeAnythingIsLoaded() {
    assertThat(console.run("eval", "--model", model, "--tasks", "funktion", "--data", rows))
        .isEqualTo(2);
    assertThat(console.err())
        .contains("task 'funktion': no such file, and no funktion.yaml in configs/tasks");
    assertThat(console.run("eval", "--model", model, "--tasks", TASK + "," + TASK, "--data", rows))
        .isEqualTo(2);
    assertThat(console.err()).contains("is given twice");
  }

  private void assertRefused(String message, Object... arguments) {
    assertThat(eval(arguments)).isEqualTo(Main.WRONG_INPUT);
    assertThat(console.err()).contains(message).doesNotContain("\tat ");
    assertThat(console.out()).isEmpty();
  }
}
