package org.pocketdistill.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pocketdistill.pipeline.Checkpoints;
import org.pocketdistill.pipeline.TinyModel;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.safetensors.SafetensorsFile;
import org.pocketdistill.tokenize.HfTokenizer;

class ScoreCommandTest {
  /** fp32 against fp32 of another library. */
  private static final double ROUNDING = 1e-4;

  /** Of bf16 products in a model of this size. */
  private static final double BF16_ROUNDING = 0.05;

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private static Path models;
  private static Path model;
  private static Path onnx;

  @TempDir private Path folder;
  private final Console console = new Console();

  @BeforeAll
  static void makeModels() throws IOException {
    model = TinyModel.write(models.resolve("tiny model"));
    onnx = TinyModel.export(model, models.resolve("onnx"), OnnxPrecision.FP32);
  }

  private Path rows(String... lines) throws IOException {
    return Files.writeString(folder.resolve("rows.jsonl"), String.join("\n", lines) + "\n");
  }

  private List<JsonNode> score(Object... arguments) throws IOException {
    Object[] all = Stream.concat(Stream.of("score"), Stream.of(arguments)).toArray();
    assertThat(console.run(all)).as(console.err()).isEqualTo(Main.DONE);
    List<JsonNode> nodes = new ArrayList<>();
    for (String line : console.out().lines().toList()) {
      nodes.add(JSON.readTree(line));
    }
    return nodes;
  }

  private static int[] ints(JsonNode list) {
    int[] values = new int[list.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = list.get(i).intValue();
    }
    return values;
  }

  private static void assertClose(JsonNode actual, JsonNode expected, double tolerance) {
    assertThat(actual.get("input_ids")).isEqualTo(expected.get("input_ids"));
    for (int i = 1; i < expected.get("input_ids").size(); i++) {
      assertThat(actual.get("logprobs").get(i).doubleValue())
          .isCloseTo(expected.get("logprobs").get(i).doubleValue(), within(tolerance));
      JsonNode top = expected.get("top").get(i);
      assertThat(actual.get("top").get(i)).hasSameSizeAs(top);
      for (int k = 0; k < top.size(); k++) {
        assertThat(actual.get("top").get(i).get(k).get(1).doubleValue())
            .isCloseTo(top.get(k).get(1).doubleValue(), within(tolerance));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama_gqa", "qwen2_sharded", "mistral"})
  void givesWhatTransformersGives(String checkpoint) throws IOException {
    Path golden = Checkpoints.folder(checkpoint);
    SafetensorsFile file = SafetensorsFile.open(golden.resolve("golden.safetensors"));
    long[] ids = file.longs("greedy.input_ids");
    long[] all = file.longs("input_ids");
    int length = Math.toIntExact(file.info("input_ids").shape().get(1));
    float[] logits = file.floats("logits");
    int vocabSize = logits.length / all.length;
    StringBuilder first = new StringBuilder();
    for (int i = 0; i < length; i++) {
      first.append(i == 0 ? "" : ", ").append(all[i]);
    }

    List<JsonNode> scores =
        score(
            "--model",
            golden,
            "--input",
            rows("{\"input_ids\": [" + first + "]}", "{\"input_ids\": [" + ids[0] + "]}"),
            "--top-k",
            3);

    assertThat(scores).hasSize(2);
    JsonNode score = scores.get(0);
    assertThat(score.get("logprobs").get(0).isNull()).isTrue();
    assertThat(score.get("top").get(0)).isEmpty();
    for (int i = 1; i < length; i++) {
      double sum = 0;
      int best = 0;
      for (int k = 0; k < vocabSize; k++) {
        sum += Math.exp(logits[(i - 1) * vocabSize + k]);
        best = logits[(i - 1) * vocabSize + k] > logits[(i - 1) * vocabSize + best] ? k : best;
      }
      double expected = logits[(i - 1) * vocabSize + (int) all[i]] - Math.log(sum);
      assertThat(score.get("logprobs").get(i).doubleValue()).isCloseTo(expected, within(ROUNDING));
      JsonNode top = score.get("top").get(i);
      assertThat(top).hasSize(3);
      assertThat(top.get(0).get(0).intValue()).isEqualTo(best);
      assertThat(top.get(0).get(1).doubleValue())
          .isGreaterThanOrEqualTo(top.get(1).get(1).doubleValue())
          .isCloseTo(logits[(i - 1) * vocabSize + best] - Math.log(sum), within(ROUNDING));
    }
    assertThat(scores.get(1).toString())
        .isEqualTo("{\"input_ids\":[" + ids[0] + "],\"logprobs\":[null],\"top\":[[]]}");
  }

  @Test
  void readsEveryKindOfRowAndLeavesOutBlankLines() throws IOException {
    Path input =
        rows(
            "{\"text\": \"wake me at seven\"}",
            "",
            "  ",
            "{\"input_ids\": [5, 9], \"id\": 3}",
            "{\"messages\": [{\"role\": \"user\", \"content\": \"call é\"},"
                + " {\"role\": \"assistant\", \"content\": \"ok\"}]}",
            "{\"messages\": [], \"text\": \"0\", \"input_ids\": [7]}");

    List<JsonNode> scores = score("--model", model, "--input", input);

    assertThat(scores).hasSize(4);
    try (HfTokenizer tokenizer = HfTokenizer.load(model)) {
      assertThat(ints(scores.get(0).get("input_ids")))
          .isEqualTo(tokenizer.encode("wake me at seven"));
      assertThat(ints(scores.get(2).get("input_ids")))
          .isEqualTo(
              tokenizer.encode(
                  "<|im_start|>user\ncall é<|im_end|>\n<|im_start|>assistant\nok<|im_end|>\n"));
    }
    assertThat(ints(scores.get(1).get("input_ids"))).containsExactly(5, 9);
    assertThat(ints(scores.get(3).get("input_ids"))).containsExactly(7);
    for (JsonNode score : scores) {
      int tokens = score.get("input_ids").size();
      assertThat(score.get("logprobs")).hasSize(tokens);
      assertThat(score.get("top")).hasSize(tokens).allSatisfy(top -> assertThat(top).isEmpty());
      assertThat(List.copyOf(score.properties()).stream().map(java.util.Map.Entry::getKey))
          .containsExactly("input_ids", "logprobs", "top");
    }
  }

  @Test
  void scoresInTheModelsOwnFormat() throws IOException {
    Path own = TinyModel.write(folder.resolve("own"));
    Path file = own.resolve("chat_template.jinja");
    Files.writeString(
        file,
        "{% for t in tools or [] %}[{{ t.name }}]{% endfor %}{% for m in messages %}"
            + "{% if m.role == 'tool' %}{{ raise_exception('no tools here') }}{% endif %}"
            + "{{ m.role[0] }}: {{ m.content }}<|im_end|>{% endfor %}"
            + "{% if add_generation_prompt %}a: {% endif %}");
    String turns = "{\"messages\": [{\"role\": \"user\", \"content\": \"call\"}]";

    List<JsonNode> scores =
        score("--model", own, "--input", rows(turns + ", \"tools\": [{\"name\": \"f\"}]}"));

    try (HfTokenizer tokenizer = HfTokenizer.load(own)) {
      assertThat(ints(scores.get(0).get("input_ids")))
          .isEqualTo(tokenizer.encode("[f]u: call<|im_end|>"));
    }
    rows(turns.replace("user", "tool") + "}");
    assertThat(console.run("score", "--model", own, "--input", folder.resolve("rows.jsonl")))
        .isEqualTo(Main.WRONG_INPUT);
    assertThat(console.err()).contains("rows.jsonl:1: " + file + ": line 1: no tools here");
  }

  @Test
  void scoresATraceBeforeTheAnswer() throws IOException {
    Path input =
        rows(
            "{\"messages\": [{\"role\": \"assistant\", \"content\": \"ok\","
                + " \"reasoning_content\": \"hm\"}]}");

    JsonNode score = score("--model", model, "--input", input).get(0);

    try (HfTokenizer tokenizer = HfTokenizer.load(model)) {
      assertThat(tokenizer.decode(ints(score.get("input_ids")), false))
          .isEqualTo("<|im_start|>assistant\n<think>\nhm\n</think>\n\nok<|im_end|>\n");
    }
  }

  @Test
  void agreesForAHuggingFaceFolderAndItsPackage() throws IOException {
    Path input =
        rows(
            "{\"text\": \"wake me at seven in the morning\"}",
            "{\"input_ids\": [5]}",
            "{\"messages\": [{\"role\": \"user\", \"content\": \"明天\"}]}");

    List<JsonNode> torch = score("--model", model, "--input", input, "--top-k", 4);
    List<JsonNode> ort = score("--model", onnx, "--input", input, "--top-k", 4);
    List<JsonNode> bf16 =
        score("--model", model, "--input", input, "--top-k", 4, "--dtype", "bf16");

    assertThat(ort).hasSize(3);
    for (int i = 0; i < 3; i++) {
      assertClose(ort.get(i), torch.get(i), ROUNDING);
      assertClose(bf16.get(i), torch.get(i), BF16_ROUNDING);
    }
    assertThat(bf16).isNotEqualTo(torch);
  }

  @Test
  void givesTheWholeVocabularyWhereMoreIsAskedFor() throws IOException {
    List<JsonNode> scores =
        score("--model", model, "--input", rows("{\"input_ids\": [5, 9]}"), "--top-k", 100000);

    JsonNode top = scores.get(0).get("top").get(1);
    double sum = 0;
    for (JsonNode pair : top) {
      sum += Math.exp(pair.get(1).doubleValue());
    }
    assertThat(top).hasSize(270);
    assertThat(sum).isCloseTo(1, within(1e-4));
  }

  @Test
  void keepsTheOrderOfManyRowsOfDifferentLengths() throws IOException {
    String[] lines = new String[150];
    for (int i = 0; i < lines.length; i++) {
      lines[i] = "{\"input_ids\": [" + (i + 10) + ", 3".repeat(i * 7 % 31) + "]}";
    }

    List<JsonNode> scores = score("--model", model, "--input", rows(lines));

    assertThat(scores).hasSize(150);
    for (int i = 0; i < lines.length; i++) {
      assertThat(scores.get(i).get("input_ids").get(0).intValue()).isEqualTo(i + 10);
      assertThat(scores.get(i).get("input_ids")).hasSize(1 + i * 7 % 31);
    }
  }

  @Test
  void writesTheSameIntoAFileWholeOrNotAtAll() throws IOException {
    Path input = rows("{\"input_ids\": [5, 9]}", "{\"text\": \"call\"}");
    List<JsonNode> expected = score("--model", model, "--input", input);
    Path output = folder.resolve("new/scores.jsonl");

    assertThat(console.run("score", "--model", model, "--input", input, "--output", output))
        .as(console.err())
        .isZero();
    assertThat(console.out()).isEmpty();
    List<String> written = Files.readAllLines(output);
    assertThat(written).hasSize(2);
    assertThat(JSON.readTree(written.get(1))).isEqualTo(expected.get(1));

    rows("{\"input_ids\": [5, 9]}", "{\"input_ids\": [5, 99999]}");
    assertThat(console.run("score", "--model", model, "--input", input, "--output", output))
        .isEqualTo(Main.WRONG_INPUT);
    assertThat(Files.readAllLines(output)).as("the older file stays").isEqualTo(written);
    try (Stream<Path> files = Files.list(output.getParent())) {
      assertThat(files).containsExactly(output);
    }
  }

  @Test
  void readsGzipAndNeedsNoTokenizerForIds() throws IOException {
    Path gz = folder.resolve("rows.jsonl.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(gz))) {
      out.write("{\"input_ids\": [1, 2, 3]}\n".getBytes(StandardCharsets.UTF_8));
    }

    assertThat(score("--model", Checkpoints.folder("qwen3"), "--input", gz)).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{'input_ids': [1, 256]} | token id 256 at position 1, expected 0 to 255",
        "{'input_ids': [-1]} | token id -1 at position 0, expected 0 to 255",
        "{'messages': [], 'tools': 7} | tools: 7, expected a list of objects",
        "{'input_ids': []} | no tokens, expected at least one",
        "{'input_ids': 5} | input_ids: expected a list of token ids",
        "{'input_ids': [1, 2.5]} | input_ids[1]: 2.5, expected a token id",
        "{'input_ids': [99999999999]} | input_ids[0]: 99999999999, expected a token id",
        "{'text': 5} | text: expected a string",
        "{'text': 'a'} | tokenizer.json: no such file",
        "{'prompt': 'a'} | expected an object with input_ids, text or messages",
        "[1, 2] | expected an object with input_ids, text or messages",
        "{'input_ids': [1] | not JSON: Unexpected end-of-input",
        "{'input_ids': [1]} {} | not JSON: Trailing token",
        "{'input_ids': [1], 'input_ids': [2]} | not JSON: Duplicate field 'input_ids'",
        "{'messages': 1} | messages: expected a list of",
        "{'messages': [{'role': 'user'}]} | messages[0]: {'role':'user'}, expected role and content",
        "{'messages': [{'role': 'bot', 'content': ''}]} |"
            + " messages[0].role: 'bot', expected system, user, assistant, tool",
        "{'messages': [{'content': ''}]} | messages[0].role: missing, expected system",
        "{'messages': [{'role': 'user', 'content': '', 'reasoning_content': 1}]} |"
            + " messages[0].reasoning_content: 1, expected a string",
      })
  void refusesABadRowWithItsPlace(String row, String message) throws IOException {
    Path input = rows("{\"input_ids\": [1, 2]}", "", row.replace('\'', '"'));

    assertThat(console.run("score", "--model", Checkpoints.folder("qwen2"), "--input", input))
        .isEqualTo(Main.WRONG_INPUT);
    assertThat(console.err().strip().lines()).hasSize(1);
    assertThat(console.err().replace('"', '\'')).contains(message);
    if (!message.startsWith("tokenizer.json")) {
      assertThat(console.err()).startsWith(input + ":3: ");
    }
    assertThat(console.out()).isEmpty();
  }

  @Test
  void refusesARowLongerThanTheContext() throws IOException {
    Path input = rows("{\"input_ids\": [1" + ", 1".repeat(64) + "]}");

    for (Object folder : new Object[] {Checkpoints.folder("qwen2"), exported("qwen2")}) {
      assertThat(console.run("score", "--model", folder, "--input", input)).isEqualTo(2);
      assertThat(console.err().strip())
          .isEqualTo(input + ":1: 65 tokens, expected at most 64 (the model's context)");
    }
  }

  private Path exported(String checkpoint) throws IOException {
    return TinyModel.export(
        Checkpoints.folder(checkpoint), folder.resolve(checkpoint), OnnxPrecision.INT8);
  }

  @Test
  void refusesInvalidUtf8WithItsPlace() throws IOException {
    Path input = Files.write(folder.resolve("x"), new byte[] {'{', '}', '\n', '"', (byte) 0xff});

    assertThat(console.run("score", "--model", model, "--input", input)).isEqualTo(2);
    assertThat(console.err()).startsWith(input + ":1: expected an object");
    Files.write(input, new byte[] {'\n', '"', (byte) 0xff});
    assertThat(console.run("score", "--model", model, "--input", input)).isEqualTo(2);
    assertThat(console.err()).startsWith(input + ":2: invalid UTF-8");
  }

  @Test
  void refusesWhatIsNotThereOrCannotBeWritten() throws IOException {
    Path input = rows("{\"input_ids\": [1, 2]}");
    Path file = Files.writeString(folder.resolve("plain"), "x");

    assertRefused("a model's folder", "--model", folder.resolve("no"), "--input", input);
    assertRefused("no config.json in it", "--model", folder, "--input", input);
    assertRefused("no such file", "--model", model, "--input", folder.resolve("rovs.jsonl"));
    assertRefused("is a folder", "--model", model, "--input", folder);
    assertRefused("is no plain file", "--model", model, "--input", input, "--output", folder);
    assertRefused(
        "cannot be written", "--model", model, "--input", input, "--output", file.resolve("s"));
    assertRefused(
        "is no plain file", "--model", model, "--input", input, "--output", Path.of("/dev/null"));
  }

  private void assertRefused(String message, Object... arguments) {
    Object[] all = Stream.concat(Stream.of("score"), Stream.of(arguments)).toArray();
    assertThat(console.run(all)).isEqualTo(Main.WRONG_INPUT);
    assertThat(console.err()).contains(message).doesNotContain("\tat ");
    assertThat(console.err().strip().lines().count()).isEqualTo(1);
  }

  @Test
  void refusesAModelThatComputesNoNumbers() throws IOException {
    Path broken = TinyModel.write(folder.resolve("broken"));
    Path weights = broken.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    // The last numbers of the file, all bits set: NaN.
    java.util.Arrays.fill(bytes, bytes.length - 128, bytes.length, (byte) 0xff);
    Files.write(weights, bytes);

    assertRefused(
        "row 1: the log-probability at position 1 is NaN, expected a finite number",
        "--model",
        broken,
        "--input",
        rows("{\"input_ids\": [1, 2]}"));
  }
}
