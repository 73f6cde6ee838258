package org.pocketdistill.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.pipeline.TinyModel;
import org.pocketdistill.pipeline.gguf.GgufFile;
import org.pocketdistill.pipeline.gguf.GgufFiles;
import org.pocketdistill.tokenize.ChatMl;

/** {@code distill export} to one file for llama.cpp. */
class GgufTargetTest {
  @TempDir private static Path models;
  private static Path original;
  private static Path rows;

  @TempDir private Path folder;
  private final Console console = new Console();

  @BeforeAll
  static void makeModel() throws IOException {
    original = TinyModel.write(models.resolve("tiny"));
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
  void writesAFolderAsTheFileThatScoresAsItDoes() throws IOException {
    Path target = folder.resolve("new/tiny.gguf");

    assertThat(
            output("export", "--model", original, "--to", target, "--type", "f16", "--check", rows))
        .startsWith("written to " + target + "\nchecked on ")
        .contains("top-1 agreement 1.0000");

    GgufFile written = GgufFile.open(target);
    assertThat(written.metadata().text("general.name")).hasValue("tiny");
    assertThat(written.metadata().text("tokenizer.chat_template")).hasValue(new ChatMl().jinja());
    Object[] score = {"score", "--model", original, "--input", rows};
    String ids = "\"input_ids\":\\[[0-9,]*]";
    List<String> expected = matches(ids, output(score));
    score[2] = target;
    assertThat(matches(ids, output(score))).isEqualTo(expected).hasSize(2);
  }

  private static List<String> matches(String regex, String text) {
    return Pattern.compile(regex).matcher(text).results().map(MatchResult::group).toList();
  }

  @Test
  void writesAFileAnewInAnotherType() throws IOException {
    Path target = folder.resolve("q8.gguf");

    assertThat(
            output("export", "--model", GgufFiles.model("F32"), "--to", target, "--format", "gguf"))
        .isEqualTo("written to " + target + "\n");

    assertThat(Files.size(target))
        .as("another header")
        .isBetween(
            Files.size(GgufFiles.model("Q8_0")) - 1024, Files.size(GgufFiles.model("Q8_0")) + 1024);
  }

  @Test
  void refusesWhatDoesNotBelongToAFile() throws IOException {
    Path target = folder.resolve("x.gguf");
    for (Object[] more :
        new Object[][] {
          {"--to", target, "--precision", "fp32", "--precision does not belong to --format gguf"},
          {"--to", target, "--context-length", 64, "--context-length does not belong to --format"},
          {"--to", target, "--type", "q4_k", "--type 'q4_k', did you mean 'q4_0'?"},
          {"--to", target, "--type", "q4_0", "rows of 48 elements, expected a multiple of 32"},
          {"--to", folder.resolve("x"), "--format", "gguf", "expected the name of a file, *.gguf"},
          {"--to", folder.resolve("x"), "--type", "q8_0", "--type belongs to --format gguf"},
          {"--to", rows, "--format", "gguf", "expected the name of a file, *.gguf"},
          {"--to", GgufFiles.model("F32"), "--format", "gguf", "exists; name a file that does"},
        }) {
      Object[] call = {"export", "--model", original, more[0], more[1], more[2], more[3]};
      assertThat(console.run(call)).isEqualTo(Main.WRONG_INPUT);
      assertThat(console.err()).contains((String) more[4]).doesNotContain("\tat ");
    }
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).isEmpty();
    }
  }
}
