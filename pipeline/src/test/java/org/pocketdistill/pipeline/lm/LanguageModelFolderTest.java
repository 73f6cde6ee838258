package org.pocketdistill.pipeline.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pocketdistill.data.DataException;
import org.pocketdistill.data.Message;
import org.pocketdistill.eval.LanguageModel.Generation;
import org.pocketdistill.eval.LanguageModel.GenerationOptions;
import org.pocketdistill.pipeline.TinyModel;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.torch.ComputeDtype;

class LanguageModelFolderTest {
  @TempDir private Path folder;

  private TokenLanguageModel open() throws IOException {
    return new LanguageModelFolder(folder).open(ComputeDtype.FP32, 1);
  }

  @ParameterizedTest
  @CsvSource({"2,0,<|im_end|>", "0,2,<|im_end|>", "0,1,<|endoftext|>"})
  void prefersTheTokenizersEndAmongTheModels(int first, int second, String end) throws IOException {
    TinyModel.write(folder, List.of(first, second));

    try (TokenLanguageModel model = open()) {
      assertThat(model.endToken()).isEqualTo(end);
    }
  }

  @Test
  void takesTheTokenizersEndWhereTheModelNamesNone() throws IOException {
    TinyModel.write(folder, List.of());

    try (TokenLanguageModel model = open()) {
      assertThat(model.endToken()).isEqualTo("<|im_end|>");
    }
  }

  @Test
  void stopsAtEveryEndOfTheGenerationConfigOnEveryRuntime() throws IOException {
    TinyModel.write(folder);
    String prompt = "wake me at seven";
    int first;
    try (TokenLanguageModel model = open()) {
      float[][] logits = model.decoder().logits(model.tokenizer().encode(prompt));
      first = TokenScorer.largest(logits[logits.length - 1], 1)[0];
      assertThat(first).isNotEqualTo(TinyModel.END);
      assertThat(generate(model, prompt).tokens()).isGreaterThan(1);
    }
    Files.writeString(
        folder.resolve("generation_config.json"),
        "{\"eos_token_id\": [%d, %d]}".formatted(TinyModel.END, first));
    Path onnx = folder.resolve("onnx");
    TinyModel.export(folder, onnx, OnnxPrecision.FP32);

    for (Path path : List.of(folder, onnx)) {
      try (TokenLanguageModel model = new LanguageModelFolder(path).open(ComputeDtype.FP32, 1)) {
        assertThat(generate(model, prompt)).as("%s", path).isEqualTo(new Generation("", 1, true));
        assertThat(model.stream(prompt, GenerationOptions.greedy(8), piece -> {}).text()).isEmpty();
      }
    }
    assertThat(onnx.resolve("genai_config.json"))
        .content()
        .containsIgnoringWhitespaces("\"eos_token_id\":[%d,%d]".formatted(TinyModel.END, first));
  }

  private static Generation generate(TokenLanguageModel model, String prompt) {
    return model.generateUntil(List.of(prompt), GenerationOptions.greedy(8)).get(0);
  }

  @Test
  void isAPackageOnceItHasARuntimesConfiguration() throws IOException {
    TinyModel.write(folder);
    Path target = folder.resolve("onnx");
    TinyModel.export(folder, target, OnnxPrecision.FP32);

    assertThat(new LanguageModelFolder(folder).isOnnx()).isFalse();
    assertThat(new LanguageModelFolder(folder).runtime()).matches("DJL \\d.* PyTorch 2\\..*");
    assertThat(new LanguageModelFolder(target).isOnnx()).isTrue();
    assertThat(new LanguageModelFolder(target).runtime()).startsWith("onnxruntime 1.");
  }

  @Test
  void asksInTheModelsOwnFormat() throws IOException {
    TinyModel.write(folder);
    Files.writeString(
        folder.resolve("chat_template.jinja"),
        "{% for t in tools or [] %}[{{ t.name }}]{% endfor %}{% for m in messages %}"
            + "<{{ m.role }}>{{ m.content }}{% endfor %}{{ strftime_now(' %Y') }}");
    JsonNode tool = JsonNodeFactory.instance.objectNode().put("name", "f");

    try (TokenLanguageModel model = open()) {
      assertThat(model.applyChatTemplate(List.of(Message.user("Hi")))).isEqualTo("<user>Hi 2024");
      assertThat(model.applyChatTemplate(List.of(Message.user("Hi")), List.of(tool)))
          .isEqualTo("[f]<user>Hi 2024");
    }
  }

  @Test
  void namesTheLineOfATemplateThatIsNotSupported() throws IOException {
    TinyModel.write(folder);
    Path file = folder.resolve("chat_template.jinja");
    Files.writeString(file, "a\n{% include 'b' %}");

    assertThatThrownBy(this::open)
        .isInstanceOf(DataException.class)
        .hasMessage(file + ": line 2: unknown tag 'include'");
  }

  @Test
  void refusesAFolderThatHoldsNoModel() {
    assertThatThrownBy(() -> new LanguageModelFolder(folder.resolve("x")))
        .isInstanceOf(DataException.class)
        .hasMessage(
            folder.resolve("x") + ": no such folder, expected a model's folder or a GGUF file");
    assertThatThrownBy(() -> new LanguageModelFolder(folder))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("no config.json in it");
  }

  @Test
  void refusesATokenizerWithMoreIdsThanTheModel() throws IOException {
    TinyModel.write(folder);
    TinyModel.writeTokenizer(folder, 280);

    assertThatThrownBy(this::open)
        .isInstanceOf(DataException.class)
        .hasMessageContaining(
            folder + ": a tokenizer of 280 ids, expected at most 270 (vocab_size of config.json)");
  }

  @Test
  void refusesATokenizerThatKnowsNoChatMl() throws IOException {
    TinyModel.write(folder);
    Path file = folder.resolve("tokenizer.json");
    Files.writeString(file, Files.readString(file).replace("<|im_start|>", "<|start|>"));

    assertThatThrownBy(this::open)
        .isInstanceOf(DataException.class)
        .hasMessage(
            folder
                + ": the tokenizer has no token '<|im_start|>', expected one of the ChatML format");
  }
}
