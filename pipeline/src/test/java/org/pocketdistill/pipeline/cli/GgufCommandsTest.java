package org.pocketdistill.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.pipeline.Checkpoints;
import org.pocketdistill.pipeline.TinyModel;
import org.pocketdistill.pipeline.cli.TinyJob.Outcome;
import org.pocketdistill.pipeline.gguf.GgufFiles;
import org.pocketdistill.pipeline.model.GgufConversion;
import org.pocketdistill.pipeline.safetensors.SafetensorsFile;

/** Every command takes a GGUF file as it takes the folder that the file was made from. */
class GgufCommandsTest {
  @TempDir private static Path models;
  private static Path original;
  private static Path gguf;
  private static Path rows;

  @TempDir private Path folder;
  private final Console console = new Console();

  @BeforeAll
  static void makeModels() throws IOException {
    original = TinyModel.write(models.resolve("tiny"));
    gguf = new GgufConversion(original).withTokenizer(original).write(models.resolve("tiny.gguf"));
    rows =
        Files.writeString(
            models.resolve("rows.jsonl"),
            "{\"text\": \"wake me at seven <|im_end|>\"}\n"
                + "{\"messages\": [{\"role\": \"user\", \"content\": \"call me\"},"
                + " {\"role\": \"assistant\", \"content\": \"at 7\"}]}\n");
  }

  private String output(Object... arguments) {
    assertThat(console.run(arguments)).as(console.err()).isEqualTo(Main.DONE);
    return console.out();
  }

  @Test
  void scoresAsTheFolderDoes() {
    String expected = output("score", "--model", original, "--input", rows, "--top-k", 2);

    assertThat(output("score", "--model", gguf, "--input", rows, "--top-k", 2))
        .isEqualTo(expected)
        .contains("\"input_ids\":[");
  }

  @Test
  void chatsAsTheFolderDoes() {
    Object[] chat = {"chat", "--prompt", "wake me", "--max-new-tokens", 6, "--model", original};
    String expected = output(chat);
    chat[6] = gguf;

    assertThat(output(chat)).isEqualTo(expected);
  }

  @Test
  void benchmarksIt() throws IOException {
    assertThat(output("bench", "--model", gguf, "--prompt-tokens", 3, "--new-tokens", 2))
        .contains("bytes              " + Files.size(gguf));
  }

  @Test
  void packagesItAsTheFolder() {
    output("export", "--model", original, "--to", folder.resolve("a"), "--precision", "fp32");
    output("export", "--model", gguf, "--to", folder.resolve("b"), "--precision", "fp32");

    assertThat(folder.resolve("b/model.onnx.data"))
        .hasSameBinaryContentAs(folder.resolve("a/model.onnx.data"));
    String expected = output("score", "--model", folder.resolve("a"), "--input", rows);
    assertThat(output("score", "--model", folder.resolve("b"), "--input", rows))
        .isEqualTo(expected);
  }

  @Test
  void writesItAsAFolderAgain() throws IOException {
    Path target = folder.resolve("folder");

    assertThat(output("export", "--model", gguf, "--to", target, "--format", "hf"))
        .isEqualTo("written to " + target + "\n");

    assertThat(target.resolve("model.safetensors"))
        .hasSameBinaryContentAs(original.resolve("model.safetensors"));
    assertThat(target).isDirectoryContaining("glob:**/generation_config.json");
    assertThat(Files.readString(target.resolve("tokenizer_config.json")))
        .contains("chat_template", "<|im_end|>");
    String expected = output("score", "--model", original, "--input", rows);
    assertThat(output("score", "--model", target, "--input", rows)).isEqualTo(expected);
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).as("nothing temporary is left").containsExactly(target);
    }
  }

  @Test
  void writesQuantisedWeightsAsTheNumbersThatTheyStandFor() throws IOException {
    Path target = folder.resolve("bf16");

    output(
        "export",
        "--model",
        GgufFiles.model("BF16"),
        "--to",
        target,
        "--format",
        "hf",
        "--precision",
        "bf16");

    float[] expected =
        SafetensorsFile.open(GgufFiles.path("golden.safetensors")).floats("hf.model.norm.weight");
    SafetensorsFile written = SafetensorsFile.open(target);
    assertThat(written.floats("model.norm.weight")).isEqualTo(expected);
    assertThat(Files.readString(target.resolve("config.json"))).contains("bfloat16");
  }

  @Test
  void aJobWritesFilesBesideThePackages() throws IOException {
    TinyJob job =
        TinyJob.in(
            folder,
            JOB.formatted(folder, gguf)
                .replace(
                    "hidden_size: 16, intermediate_size: 16",
                    "hidden_size: 32, intermediate_size: 32")
                .replace("export: {", "export: {precisions: [int8], gguf: [q8_0, f16], "));
    writeRows();

    Outcome outcome = job.run("--to", "export");

    assertThat(outcome.code()).as(outcome.err()).isZero();
    Path file = job.path("07-export/rows.F16.gguf");
    JsonNode recorded = job.stage("07-export").at("/outputs/gguf");
    assertThat(recorded.at("/f16/file").textValue()).isEqualTo("rows.F16.gguf");
    assertThat(recorded.at("/f16/bytes").longValue()).isEqualTo(Files.size(file));
    assertThat(recorded.at("/q8_0/top1_agreement").doubleValue()).isGreaterThan(0.5);
    assertThat(output("chat", "--prompt", "ask", "--max-new-tokens", 2, "--model", file))
        .isNotNull();

    TinyJob narrow = TinyJob.in(folder.resolve("b"), JOB.formatted(folder.resolve("b"), gguf));
    Outcome refused = narrow.run("--set", "export.gguf=[q8_0]");
    assertThat(refused.code()).isEqualTo(Main.WRONG_INPUT);
    assertThat(refused.err()).contains("rows of 16 elements are no multiple of 32");
  }

  private void writeRows() throws IOException {
    Files.write(
        folder.resolve("train.jsonl"),
        IntStream.range(0, 6)
            .mapToObj(i -> "{\"prompt\": \"say %d\", \"completion\": \"it is %d\"}".formatted(i, i))
            .toList());
    Files.write(
        folder.resolve("held.jsonl"),
        Stream.of("{\"prompt\": \"ask\", \"completion\": \"told\"}").toList());
  }

  @Test
  void teachesAJob() throws IOException {
    TinyJob job = TinyJob.in(folder, JOB.formatted(folder, gguf));
    writeRows();

    assertThat(output("plan", job.file())).contains("24,160");
    Outcome outcome = job.run("--to", "distill");

    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(job.path("04-distill/model/model.safetensors")).exists();
    assertThat(job.stage("02-teacher").at("/inputs/teacher_files/tiny.gguf").asText())
        .matches("[0-9a-f]{64}");
    assertThat(job.stage("01-data").at("/inputs/given_tokenizer/tiny.gguf").isTextual()).isTrue();
  }

  private static final String JOB =
      """
      name: rows
      output_dir: '%1$s/run'
      data:
        train: [{path: train.jsonl, format: prompt_completion}]
        test: {held: [{path: held.jsonl, format: prompt_completion}]}
        max_seq_len: 96
        near_duplicate_threshold: 1
      teacher: {path: '%2$s'}
      student:
        model: {model_type: llama, hidden_size: 16, intermediate_size: 16, num_hidden_layers: 1, num_attention_heads: 1}
      distill: {control: false, train: {max_steps: 2, learning_rate: 1e-3, precision: fp32}}
      export: {context_length: 96}
      evaluate: {tasks: [{task: function_call, set: held}]}
      """;

  @Test
  void refusesWhatIsNoModel() throws IOException {
    Path text = Files.writeString(folder.resolve("notes.txt"), "no model");
    assertThat(console.run("bench", "--model", text)).isEqualTo(Main.WRONG_INPUT);
    assertThat(console.err())
        .isEqualTo(text + ": is no GGUF file, expected one, or a model's folder\n");
    Path empty = Files.createFile(folder.resolve("empty.gguf"));
    assertThat(console.run("bench", "--model", empty)).isEqualTo(Main.WRONG_INPUT);
    assertThat(console.err()).isEqualTo(empty + ": 0 bytes long, too short for a GGUF file\n");
    Path bare = new GgufConversion(Checkpoints.folder("llama_gqa")).write(folder.resolve("b.gguf"));
    assertThat(console.run("chat", "--model", bare, "--prompt", "hi")).isEqualTo(Main.WRONG_INPUT);
    assertThat(console.err())
        .isEqualTo(
            bare + ": metadata 'tokenizer.ggml.model': missing, expected the kind of tokenizer\n");
  }

  @Test
  void refusesOptionsThatBelongToAnotherFormat() {
    Object[] export = {"export", "--model", gguf, "--to", folder, "--format", "hf", "", ""};
    for (String[] option :
        new String[][] {
          {"--check", "rows.jsonl", "--check belongs to --format onnx"},
          {"--context-length", "7", "--context-length belongs to --format onnx"},
          {"--precision", "int8", "--precision 'int8', expected one of fp32, bf16"},
        }) {
      export[7] = option[0];
      export[8] = option[1];
      assertThat(console.run(export)).isEqualTo(Main.WRONG_INPUT);
      assertThat(console.err()).contains(option[2]);
    }
    assertThat(console.run("export", "--model", gguf, "--to", models, "--format", "hf"))
        .isEqualTo(Main.WRONG_INPUT);
    assertThat(console.err()).contains(models + " exists; name a folder that does not");
  }
}
