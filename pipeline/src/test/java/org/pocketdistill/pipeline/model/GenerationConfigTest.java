package org.pocketdistill.pipeline.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import org.pocketdistill.pipeline.safetensors.Dtype;

class GenerationConfigTest {
  @TempDir Path folder;

  @Test
  void takesTheMostProbableTokenWithoutAFile() throws IOException {
    assertThat(GenerationConfig.read(folder))
        .isEqualTo(new GenerationConfig(Optional.empty(), false, 1, 50, 1, List.of()));
  }

  @Test
  void namesWhatItDoesNotApply() throws IOException {
    write(
        """
        {"do_sample": true, "top_k": null, "min_p": 0.05, "num_beams": 4, "typical_p": 1.0,
         "repetition_penalty": 1.0, "no_repeat_ngram_size": 3}""");

    GenerationConfig config = GenerationConfig.read(folder);

    assertThat(config.topK()).isZero();
    assertThat(config.notApplied())
        .containsExactly("num_beams 4", "no_repeat_ngram_size 3", "min_p 0.05");
  }

  @Test
  void replacesTheIdsOfTheModelThatEndAText() throws IOException {
    ModelConfig config = HfConfigFile.read(Checkpoints.folder("llama_gqa"));
    HfConfigFile.write(config, Dtype.F32, folder);
    write("{\"eos_token_id\": [7, 9, 7, -1]}");

    assertThat(HfConfigFile.read(folder)).isEqualTo(config.withEosTokenIds(List.of(7, 9)));

    write("{\"temperature\": 0.7}");

    assertThat(HfConfigFile.read(folder)).isEqualTo(config);
  }

  @Test
  void isCarriedOverButForTheIds() throws IOException {
    Path target = Files.createDirectory(folder.resolve("target"));
    ModelConfig config = HfConfigFile.read(Checkpoints.folder("llama_gqa"));
    HfConfigFile.write(config.withEosTokenIds(List.of(3, 4)), Dtype.F32, target);
    write(
        """
        {"_from_model_config": true, "do_sample": true, "temperature": 0.6, "top_p": 0.9,
         "repetition_penalty": 1.1, "eos_token_id": 2}""");

    HfConfigFile.carryGenerationSettings(folder, target);

    assertThat(target.resolve("generation_config.json"))
        .content()
        .isEqualToIgnoringWhitespace(
            """
            {"do_sample": true, "temperature": 0.6, "top_p": 0.9, "repetition_penalty": 1.1,
             "eos_token_id": [3, 4], "bos_token_id": 1, "pad_token_id": 0}""");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"do_sample\":\"yes\"} | do_sample: \"yes\", expected true or false",
        "{\"do_sample\":true,\"temperature\":0} | temperature: 0, expected a number above 0",
        "{\"top_p\":1.5} | top_p: 1.5, expected a number above 0, at most 1",
        "{\"top_k\":-1} | top_k: -1, expected a whole number from 1",
        "{\"eos_token_id\":\"</s>\"} | eos_token_id: \"</s>\", expected a token id",
        "{\"top_k\":1,\"top_k\":2} | Duplicate",
        "[] | expected a JSON object"
      })
  void refusesWhatItCannotBe(String json, String message) throws IOException {
    write(json);

    assertThatThrownBy(() -> GenerationConfig.read(folder))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("generation_config.json")
        .hasMessageContaining(message);
  }

  private void write(String json) throws IOException {
    Files.writeString(folder.resolve(GenerationConfig.FILE_NAME), json);
  }
}
