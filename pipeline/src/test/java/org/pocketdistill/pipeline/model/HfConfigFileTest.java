package org.pocketdistill.pipeline.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.Checkpoints;
import org.pocketdistill.pipeline.model.ModelConfig.Family;
import org.pocketdistill.pipeline.safetensors.Dtype;

class HfConfigFileTest {
  private static final JsonMapper MAPPER = new JsonMapper();

  @TempDir Path folder;

  static List<String> checkpoints() {
    return Checkpoints.names();
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void readsBackWhatItWrites(String name) throws IOException {
    ModelConfig config = HfConfigFile.read(Checkpoints.folder(name));

    HfConfigFile.write(config, Dtype.F32, folder);

    assertThat(HfConfigFile.read(folder)).isEqualTo(config);
    assertThat(config.vocabSize()).isEqualTo(256);
    assertThat(config.eosTokenIds()).containsExactly(2);
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void writesTheKeysOfTransformers(String name) throws IOException {
    JsonNode original = json(Checkpoints.folder(name));

    HfConfigFile.write(HfConfigFile.read(Checkpoints.folder(name)), Dtype.F32, folder);

    JsonNode written = json(folder);
    for (String key :
        List.of("architectures", "model_type", "rope_theta", "rms_norm_eps", "hidden_act")) {
      assertThat(written.path(key)).as(key).isEqualTo(original.path(key));
    }
    assertThat(Files.readString(folder.resolve("generation_config.json")))
        .isEqualToIgnoringWhitespace(
            "{\"bos_token_id\": 1, \"eos_token_id\": 2, \"pad_token_id\": 0}");
  }

  @Test
  void readsWhatTheFamiliesDifferIn() throws IOException {
    ModelConfig mistral = HfConfigFile.read(Checkpoints.folder("mistral"));
    ModelConfig qwen2 = HfConfigFile.read(Checkpoints.folder("qwen2"));
    ModelConfig qwen3 = HfConfigFile.read(Checkpoints.folder("qwen3"));

    assertThat(mistral.headDim()).isEqualTo(12);
    assertThat(mistral.slidingWindow()).isEqualTo(OptionalInt.of(8));
    assertThat(qwen2.qkvBias()).isTrue();
    assertThat(qwen2.slidingWindow()).isEmpty();
    assertThat(qwen3.qkNorm()).isTrue();
    assertThat(qwen3.headDim()).isEqualTo(16);
    assertThat(qwen3.ropeTheta()).isEqualTo(1e6);
  }

  @Test
  void readsRopeScalingByItsOldAndNewNames() throws IOException {
    assertThat(HfConfigFile.read(Checkpoints.folder("qwen2_yarn")).ropeScaling())
        .isEqualTo(new RopeScaling.Yarn(4, 32, 1, 64));
    assertThat(HfConfigFile.read(Checkpoints.folder("llama3_rope")).ropeScaling())
        .isEqualTo(new RopeScaling.Llama3(8, 1, 4, 32));
    assertThat(HfConfigFile.read(Checkpoints.folder("llama_linear_rope")).ropeScaling())
        .isEqualTo(new RopeScaling.Linear(2));

    ModelConfig recent =
        readWith("rope_parameters", "{\"rope_type\":\"linear\",\"factor\":3,\"rope_theta\":500}");

    assertThat(recent.ropeScaling()).isEqualTo(new RopeScaling.Linear(3));
    assertThat(recent.ropeTheta()).isEqualTo(500);
    assertThat(readWith("rope_parameters", "{\"rope_theta\":500}").ropeScaling())
        .isEqualTo(new RopeScaling.None());
  }

  @Test
  void readsAbsentKeysAsTransformersDoes() throws IOException {
    Files.writeString(
        folder.resolve("config.json"),
        """
        {"model_type": "llama", "vocab_size": 32, "hidden_size": 16, "intermediate_size": 8,
         "num_hidden_layers": 1, "num_attention_heads": 2, "max_position_embeddings": 64,
         "eos_token_id": [5, 6], "pad_token_id": -1}""");

    ModelConfig config = HfConfigFile.read(folder);

    assertThat(config)
        .isEqualTo(
            new ModelConfig(
                Family.LLAMA,
                32,
                16,
                8,
                1,
                2,
                2,
                8,
                1e-6,
                1e4,
                new RopeScaling.None(),
                false,
                false,
                false,
                OptionalInt.empty(),
                64,
                OptionalInt.empty(),
                List.of(5, 6),
                OptionalInt.empty()));
    HfConfigFile.write(config, Dtype.BF16, folder);
    assertThat(HfConfigFile.read(folder)).isEqualTo(config);
    assertThat(json(folder).path("torch_dtype").asText()).isEqualTo("bfloat16");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "model_type | \"gpt2\" | model_type: \"gpt2\", expected one of llama, mistral, qwen2, qwen3",
        "architectures | [\"LlamaForSequenceClassification\"] | expected [\"LlamaForCausalLM\"]",
        "hidden_act | \"gelu\" | hidden_act: \"gelu\", expected \"silu\"",
        "attention_bias | true | attention_bias: true, expected false",
        "mlp_bias | true | mlp_bias: true, expected false",
        "quantization_config | {} | quantised weights are not supported",
        "partial_rotary_factor | 0.5 | partial_rotary_factor: 0.5, expected 1",
        "num_key_value_heads | 3 | num_key_value_heads: 3, expected a divisor of",
        "head_dim | 7 | head_dim: 7, expected an even number",
        "hidden_size | 0 | hidden_size: 0, expected a whole number from 1",
        "hidden_size | \"48\" | hidden_size: \"48\", expected a whole number",
        "vocab_size | 99999999999 | vocab_size: 99999999999, expected a whole number",
        "rms_norm_eps | -1 | rms_norm_eps: -1, expected a number above 0",
        "tie_word_embeddings | \"yes\" | tie_word_embeddings: \"yes\", expected true or false",
        "eos_token_id | [\"a\"] | eos_token_id: [\"a\"], expected a token id",
        "layer_types | [\"full_attention\",\"sliding_attention\"] | for every layer",
        "rope_scaling | {\"rope_type\":\"longrope\"} | rope_type: \"longrope\", expected default",
        "rope_scaling | {\"factor\":2.0} | rope_type: missing, expected default, linear",
        "rope_scaling | {\"rope_type\":\"linear\"} | factor: missing, expected a number above 0",
        "rope_scaling | {\"rope_type\":\"linear\",\"type\":\"yarn\",\"factor\":2} | as rope_type says",
        "rope_scaling | {\"rope_type\":\"yarn\",\"factor\":2,\"mscale\":1} | mscale: 1, expected none",
        "rope_scaling | 5 | rope_scaling: 5, expected an object"
      })
  void refusesWhatItDoesNotSupport(String key, String value, String message) {
    assertThatThrownBy(() -> readWith(key, value))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(folder.resolve("config.json").toString())
        .hasMessageContaining(message);
  }

  @Test
  void refusesSlidingWindowsOfQwenByName() throws IOException {
    ObjectNode config = json(Checkpoints.folder("qwen2"));
    config.put("use_sliding_window", true).put("sliding_window", 16);
    Files.writeString(folder.resolve("config.json"), config.toString());

    assertThatThrownBy(() -> HfConfigFile.read(folder))
        .hasMessageContaining("use_sliding_window: true, expected false: true is not supported");
  }

  @Test
  void refusesConflictingRopeSettings() throws IOException {
    ObjectNode config = json(Checkpoints.folder("llama_linear_rope"));
    config.putObject("rope_parameters").put("rope_type", "default");
    Files.writeString(folder.resolve("config.json"), config.toString());

    assertThatThrownBy(() -> HfConfigFile.read(folder))
        .hasMessageContaining("expected the same as rope_scaling");
  }

  @Test
  void namesAMissingFile() {
    assertThatThrownBy(() -> HfConfigFile.read(folder))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("config.json: no such file");
  }

  private ModelConfig readWith(String key, String value) throws IOException {
    ObjectNode config = json(Checkpoints.folder("llama_gqa"));
    config.set(key, MAPPER.readTree(value));
    Files.writeString(folder.resolve("config.json"), config.toString());
    return HfConfigFile.read(folder);
  }

  private static ObjectNode json(Path folder) throws IOException {
    return (ObjectNode) MAPPER.readTree(folder.resolve("config.json").toFile());
  }
}
