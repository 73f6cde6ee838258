package org.pocketdistill.pipeline.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pocketdistill.data.DataException;

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
        .isEqualTo(new GenAiConfig("model.onnx", 256, 64, 2, 1, 16));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "256 | 0 | vocab_size: 0, expected a whole number above 0",
        "\"head_size\" | \"other\" | head_size: missing, expected a whole number",
        "\"model.onnx\" | \"../model.onnx\" | expected a file name without folder",
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
  void namesAMissingFile() {
    assertThatThrownBy(() -> GenAiConfig.read(folder))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("genai_config.json: no such file");
  }
}
