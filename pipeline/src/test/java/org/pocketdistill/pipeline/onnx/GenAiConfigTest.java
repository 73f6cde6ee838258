package org.pocketdistill.pipeline.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.Checkpoints;
import org.pocketdistill.pipeline.model.GenerationConfig;
import org.pocketdistill.pipeline.model.HfConfigFile;
import org.pocketdistill.pipeline.model.ModelConfig;

class GenAiConfigTest {
  private static final String GOOD =
      """
      {"model": {"vocab_size": 256, "context_length": 64, "decoder": {"filename": "model.onnx",
       "num_hidden_layers": 2, "num_key_value_heads": 1, "head_size": 16}}}""";

  @TempDir Path folder;

  @Test
  void readsWhatADecoderNeeds() throws IOException {
    Files.writeString(folder.resolve("genai_config.json"), GOOD);

    assertThat(GenAiConfig.read(folder))
        .isEqualTo(new GenAiConfig("model.onnx", 256, 64, 2, 1, 16, true));
  }

  @Test
  void readsAPlainGraph() throws IOException {
    Files.writeString(
        folder.resolve("genai_config.json"),
        GOOD.replace("model.onnx", "onnx/model_q4.onnx")
            .replaceFirst("}$", ", \"search\": {\"past_present_share_buffer\": false}}"));

    assertThat(GenAiConfig.read(folder))
        .isEqualTo(new GenAiConfig("onnx/model_q4.onnx", 256, 64, 2, 1, 16, false));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "256 | 0 | vocab_size: 0, expected a whole number above 0",
        "\"head_size\" | \"other\" | head_size: missing, expected a whole number",
        "\"model.onnx\" | \"../model.onnx\" | expected a file name without folder",
        "\"model.onnx\" | \"onnx/../model.onnx\" | expected a file name without folder",
        "\"filename\" | \"other\" | model.decoder.filename: , expected a file name",
        "{\"model\" | [\"model\" | invalid JSON"
      })
  void namesWhatIsWrong(String found, String replacement, String message) throws IOException {
    Files.writeString(folder.resolve("genai_config.json"), GOOD.replace(found, replacement));

    assertThatThrownBy(() -> GenAiConfig.read(folder))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(folder.resolve("genai_config.json").toString())
        .hasMessageContaining(message);
  }

  @Test
  void passesOnWhatEndsATextAndHowItIsDrawn() throws IOException {
    ModelConfig model =
        HfConfigFile.read(Checkpoints.folder("llama_gqa")).withEosTokenIds(List.of(2, 5));
    GenerationConfig drawn = new GenerationConfig(Optional.empty(), true, 0.7, 20, 0.8, List.of());

    new GenAiConfig("model.onnx", 256, 64, 2, 1, 16, true).write(folder, model, drawn, false);

    JsonNode json = new ObjectMapper().readTree(folder.resolve("genai_config.json").toFile());
    assertThat(json.path("model").path("eos_token_id")).hasToString("[2,5]");
    assertThat(json.path("search"))
        .hasToString(
            "{\"do_sample\":true,\"temperature\":0.7,\"top_p\":0.8,\"top_k\":20,"
                + "\"max_length\":64,\"past_present_share_buffer\":true}");
  }

  @Test
  void namesAMissingFile() {
    assertThatThrownBy(() -> GenAiConfig.read(folder))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("genai_config.json: no such file");
  }
}
