package org.pocketdistill.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.pipeline.Checkpoints;
import org.pocketdistill.pipeline.TinyModel;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;

/** The model is untrained: what it says is noise, but always the same. */
class ChatCommandTest {
  @TempDir private static Path models;
  private static Path model;
  private static Path onnx;

  private final Console console = new Console();

  @BeforeAll
  static void makeModels() throws IOException {
    model = TinyModel.write(models.resolve("tiny"));
    onnx = TinyModel.export(model, models.resolve("onnx"), OnnxPrecision.FP32);
  }

  private String answer(Object... options) {
    Object[] arguments = new Object[options.length + 5];
    Object[] start = {"chat", "--prompt", "wake me at seven", "--max-new-tokens", 6};
    System.arraycopy(start, 0, arguments, 0, 5);
    System.arraycopy(options, 0, arguments, 5, options.length);
    assertThat(console.run(arguments)).as(console.err()).isZero();
    return console.out();
  }

  @Test
  void answersOnePromptTheSameOnEveryRuntime() {
    String answer = answer("--model", model);

    assertThat(answer).endsWith("\n").hasSizeGreaterThan(1).doesNotContain("> ");
    assertThat(answer("--model", onnx)).isEqualTo(answer);
    assertThat(answer("--package", onnx)).isEqualTo(answer);
    assertThat(answer("--model", model, "--temperature", 1, "--top-k", 1)).isEqualTo(answer);
  }

  @Test
  void drawsByTheSeed() {
    String first = answer("--model", model, "--temperature", 2, "--seed", 1);

    assertThat(answer("--model", model, "--temperature", 2, "--seed", 1)).isEqualTo(first);
    assertThat(answer("--model", model, "--temperature", 2, "--seed", 2)).isNotEqualTo(first);
  }

  @Test
  void drawsAsTheModelAsksUnlessToldOtherwise(@TempDir Path drawing) throws IOException {
    String greedy = answer("--model", model);
    String drawn = answer("--model", model, "--temperature", 2, "--top-k", 9, "--seed", 1);
    TinyModel.write(drawing);
    Files.writeString(
        drawing.resolve("generation_config.json"),
        "{\"do_sample\": true, \"temperature\": 2, \"top_k\": 9, \"repetition_penalty\": 1.1}");

    assertThat(answer("--model", drawing, "--seed", 1)).isEqualTo(drawn).isNotEqualTo(greedy);
    assertThat(answer("--model", drawing, "--temperature", 0)).isEqualTo(greedy);
  }

  @Test
  void takesASystemMessageIntoAccount() {
    assertThat(answer("--model", model, "--system", "in the morning"))
        .isNotEqualTo(answer("--model", model));
  }

  @Test
  void answersEachLineUntilAnEmptyOne() {
    String answer = answer("--model", model);

    int code =
        console.runTyping(
            "wake me at seven\nwake me at seven\n\nnever read\n",
            "chat",
            "--model",
            model,
            "--max-new-tokens",
            6);

    assertThat(code).isZero();
    assertThat(console.out()).isEqualTo("> " + answer + "> " + answer + "> ");
  }

  @Test
  void endsWithItsInputAndRemembersWhereItIsTold() {
    String answer = answer("--model", model);

    int code =
        console.runTyping(
            "wake me at seven\nwake me at seven",
            "chat",
            "--model",
            model,
            "--max-new-tokens",
            6,
            "--keep-history");

    assertThat(code).isZero();
    assertThat(console.out())
        .startsWith("> " + answer + "> ")
        .endsWith("\n> ")
        .isNotEqualTo("> " + answer + "> " + answer + "> ");
  }

  @Test
  void startsAfreshWhereAConversationOutgrowsTheContext() {
    String answer = answer("--model", model);

    int code =
        console.runTyping(
            "0".repeat(300) + "\nwake me at seven\n",
            "chat",
            "--model",
            model,
            "--max-new-tokens",
            6,
            "--keep-history");

    assertThat(code).isZero();
    assertThat(console.out())
        .startsWith("> (a prompt of ")
        .contains("leaves no room for an answer in the model's context of 160; starting afresh)\n")
        .endsWith("> " + answer + "> ");
  }

  @Test
  void refusesWrongOptions() {
    assertRefused("--temperature 'NaN', expected a number from 0 to 100", "--temperature", "NaN");
    assertRefused("--temperature 'Infinity', expected", "--temperature", "Infinity");
    assertRefused("--temperature 'hot', expected", "--temperature", "hot");
    assertRefused("--top-p '1.5', expected a number from 0 to 1\n", "--top-p", "1.5");
    assertRefused("--top-k '-1', expected a whole number of at least 0", "--top-k", "-1");
    assertRefused("--max-new-tokens '0', expected", "--max-new-tokens", "0");
    assertRefused("--dtype 'int8', expected one of fp32, bf16", "--dtype", "int8");
  }

  private void assertRefused(String message, String option, String value) {
    assertThat(console.run("chat", "--model", model, "--prompt", "x", option, value)).isEqualTo(2);
    assertThat(console.err()).contains("distill chat: " + message);
    assertThat(console.out()).isEmpty();
  }

  @Test
  void refusesAPromptThatDoesNotFitAndAModelWithoutTokenizer() {
    assertThat(console.run("chat", "--model", model, "--prompt", "0".repeat(300))).isEqualTo(2);
    assertThat(console.err()).startsWith("a prompt of ").contains("leaves no room");
    assertThat(console.run("chat", "--model", Checkpoints.folder("qwen2"), "--prompt", "x"))
        .isEqualTo(2);
    assertThat(console.err()).contains("tokenizer.json: no such file");
  }
}
