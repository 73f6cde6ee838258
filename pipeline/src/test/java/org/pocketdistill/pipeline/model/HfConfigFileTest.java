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
        readWith("rope_parameters", "{\"rope_type\":\"linear\",\"factor\":3,\"rope_theta\":10000}");

    assertThat(recent.ropeScaling()).isEqualTo(new RopeScaling.Linear(3));
    assertThat(recent.ropeTheta()).isEqualTo(10000);
    assertThat(readWith("rope_parameters", "{\"rope_theta\":10000}").ropeScaling())
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
                OptionalInt.of(1),
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
        "mlp_bias | true | mlp_bias: true, expected none or false",
        "model_type | \"qwen3_moe\" | model_type: \"qwen3_moe\", expected one of llama, mistral",
        "architectures | [\"LlamaModel\"] | architectures: [\"LlamaModel\"], expected",
        "architectures | [] | architectures: [], expected",
        "quantization_config | {\"quant_method\":\"gptq\"} | {\"quant_method\":\"gptq\"}, expected none:"
            + " quantised weights are not supported",
        "quantization | {\"bits\":4} | quantization: {\"bits\":4}, expected none: quantised weights",
        "pretraining_tp | 2 | pretraining_tp: 2, expected 1: nothing else is supported",
        "attention_multiplier | 0.0156 | attention_multiplier: 0.0156, expected 1",
        "embedding_multiplier | 12.0 | embedding_multiplier: 12.0, expected 1",
        "residual_multiplier | 0.22 | residual_multiplier: 0.22, expected 1",
        "logits_scaling | 8.0 | logits_scaling: 8.0, expected 1",
        "logit_scale | 0.0625 | logit_scale: 0.0625, expected 1",
        "partial_rotary_factor | \"1\" | partial_rotary_factor: \"1\", expected 1",
        "attn_logit_softcapping | 50.0 | attn_logit_softcapping: 50.0, expected none or false",
        "final_logit_softcapping | 30.0 | final_logit_softcapping: 30.0, expected none or false",
        "query_pre_attn_scalar | 256 | query_pre_attn_scalar: 256, expected none or false",
        "use_qk_norm | true | use_qk_norm: true, expected none or false",
        "rope_interleaved | true | rope_interleaved: true, expected none or false",
        "use_mrope | true | use_mrope: true, expected none or false",
        "no_rope_layers | [1,0] | no_rope_layers: [1,0], expected none or false",
        "num_local_experts | 8 | num_local_experts: 8, expected none or false",
        "kv_lora_rank | 512 | kv_lora_rank: 512, expected none or false",
        "vision_config | {\"a\":1} | vision_config: {\"a\":1}, expected none or false",
        "is_encoder_decoder | true | is_encoder_decoder: true, expected none or false",
        "num_hidden_layers | 2147483647 | num_hidden_layers: 2147483647, expected at most 4096",
        "eos_token_id | {} | eos_token_id: {}, expected a token id",
        "partial_rotary_factor | 0.5 | partial_rotary_factor: 0.5, expected 1",
        "num_key_value_heads | 3 | num_key_value_heads: 3, expected a divisor of",
        "head_dim | 7 | head_dim: 7, expected an even number",
        "hidden_size | 0 | hidden_size: 0, expected a whole number from 1",
        "hidden_size | \"48\" | hidden_size: \"48\", expected a whole number",
        "vocab_size | 99999999999 | vocab_size: 99999999999, expected a whole number",
        "rms_norm_eps | -1 | rms_norm_eps: -1, expected a number above 0",
        "tie_word_embeddings | \"yes\" | tie_word_embeddings: \"yes\", expected true or false",
        "eos_token_id | [\"a\"] | eos_token_id: [\"a\"], expected a token id",
        "layer_types | [\"full_attention\",\"sliding_attention\"] | \"full_attention\" for each of 2 layers",
        "layer_types | [\"full_attention\"] | for each of 2 layers",
        "rope_scaling | {\"rope_type\":\"longrope\"} | rope_type: \"longrope\", expected default",
        "rope_scaling | {\"factor\":2.0} | rope_type: missing, expected default, linear",
        "rope_scaling | {\"rope_type\":\"linear\"} | factor: missing, expected a number above 0",
        "rope_scaling | {\"rope_type\":\"linear\",\"type\":\"yarn\",\"factor\":2} | as rope_type says",
        "rope_scaling | {\"rope_type\":\"yarn\",\"factor\":2,\"mscale\":1} | mscale: 1, expected none",
        "rope_scaling | {\"rope_type\":\"dynamic\",\"factor\":2} | rope_type: \"dynamic\", expected default",
        "rope_scaling | {\"type\":\"su\",\"short_factor\":[1]} | type: \"su\", expected default",
        "rope_scaling | {\"type\":\"mrope\",\"mrope_section\":[1]} | type: \"mrope\", expected default",
        "rope_scaling | {\"type\":\"linear\",\"factor\":2,\"alpha\":3} | alpha: 3, expected none",
        "rope_scaling | {\"type\":\"yarn\",\"factor\":2,\"attention_factor\":1.2} | attention_factor: 1.2",
        "rope_scaling | {\"type\":\"yarn\",\"factor\":2,\"truncate\":false} | truncate: false, expected true",
        "rope_scaling | {\"rope_type\":\"llama3\",\"factor\":8,\"low_freq_factor\":4,\"high_freq_factor\":4} "
            + "| high_freq_factor: 4, expected more than low_freq_factor",
        "rope_parameters | {\"full_attention\":{\"rope_type\":\"default\"}} | rope_parameters: {\"full"
            + "_attention\":{\"rope_type\":\"default\"}}, expected one set for all layers",
        "rope_parameters | {\"partial_rotary_factor\":0.5} | partial_rotary_factor: 0.5",
        "rope_parameters | {\"rope_theta\":5} | rope_theta: 10000.0, expected 5.0, as rope_parameters says",
        "rope_scaling | 5 | rope_scaling: 5, expected an object"
      })
  void refusesWhatItDoesNotSupport(String key, String value, String message) {
    assertThatThrownBy(() -> readWith(key, value))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(folder.resolve("config.json").toString())
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "null",
      value = {"16, 1, 1", "16, 0, 0", "16, null, 28"})
  void refusesSlidingWindowsOfQwenByName(int window, String maxWindowLayers, int from)
      throws IOException {
    ObjectNode config = json(Checkpoints.folder("qwen2"));
    config.put("use_sliding_window", true).put("sliding_window", window);
    config.put("num_hidden_layers", 40).remove("layer_types");
    config.remove("max_window_layers");
    if (maxWindowLayers != null) {
      config.put("max_window_layers", Integer.parseInt(maxWindowLayers));
    }
    Files.writeString(folder.resolve("config.json"), config.toString());

    assertThatThrownBy(() -> HfConfigFile.read(folder))
        .hasMessageContaining(
            "use_sliding_window: true, expected false: sliding windows from layer %d on are not"
                    .formatted(from)
                + " supported for qwen2");
  }

  @Test
  void acceptsAWindowOfQwenThatNoLayerUses() throws IOException {
    ObjectNode config = json(Checkpoints.folder("qwen2"));
    config.put("use_sliding_window", true).put("sliding_window", 16).put("max_window_layers", 2);
    config.remove("layer_types");
    Files.writeString(folder.resolve("config.json"), config.toString());

    assertThat(HfConfigFile.read(folder).slidingWindow()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "use_mrope | false",
        "rope_interleaved | false",
        "quantization_config | null",
        "pretraining_tp | 1",
        "num_experts | 0",
        "pruned_heads | {}",
        "hidden_act | \"swish\"",
        "attention_dropout | 0.1",
        "transformers.js_config | {\"dtype\":\"q4\"}",
        "dual_chunk_attention_config | {\"chunk_size\":262144}",
        "some_new_key | [1,2]"
      })
  void ignoresWhatChangesNothing(String key, String value) throws IOException {
    assertThat(readWith(key, value)).isEqualTo(HfConfigFile.read(Checkpoints.folder("llama_gqa")));
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
