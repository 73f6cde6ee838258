package org.pocketdistill.pipeline.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.Checkpoints;
import org.pocketdistill.pipeline.LargestDifference;
import org.pocketdistill.pipeline.gguf.GgufBuilder;
import org.pocketdistill.pipeline.gguf.GgufFiles;
import org.pocketdistill.pipeline.model.ModelConfig.Family;
import org.pocketdistill.pipeline.safetensors.SafetensorsFile;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/** Models in GGUF files: computed as transformers does, or refused by name. */
class GgufModelTest {
  /** Of logits between 1 and 10; transformers itself is off by 1e-5 from exact arithmetic. */
  private static final float TOLERANCE = 1e-4f;

  private static final LargestDifference DIFFERENCES =
      new LargestDifference("GGUF files against transformers");

  @TempDir private Path folder;

  @AfterAll
  static void print() {
    DIFFERENCES.print();
  }

  private static SafetensorsFile golden() throws IOException {
    return SafetensorsFile.open(GgufFiles.path("golden.safetensors"));
  }

  static List<String> models() {
    return GgufFiles.MODELS;
  }

  @ParameterizedTest
  @MethodSource("models")
  void logitsAreThoseOfTransformers(String type) throws IOException {
    int[] ids = Arrays.stream(golden().longs("input_ids")).mapToInt(Math::toIntExact).toArray();
    float[] expected = golden().floats("logits." + type);

    try (Decoder decoder = StoredModel.open(GgufFiles.model(type)).decoder(ComputeDtype.FP32)) {
      float[][] logits = new RowScorer(decoder, 0).logits(ids);

      for (int i = 0; i < expected.length; i++) {
        assertThat(logits[i / 264][i % 264])
            .as("%s [%d]", type, i)
            .isCloseTo(expected[i], within(TOLERANCE));
        DIFFERENCES.add("logits", logits[i / 264][i % 264] - (double) expected[i]);
      }
    }
  }

  @Test
  void weightsAreInHuggingFacesOrder() throws IOException {
    try (Weights weights = StoredModel.open(GgufFiles.model("F32")).weights()) {
      for (String name : golden().names()) {
        if (name.startsWith("hf.")) {
          int columns =
              golden().info(name).shape().get(golden().info(name).shape().size() - 1).intValue();
          NDArray actual = weights.get(name.substring(3));
          float[] expected = golden().floats(name);
          float[] values = actual.toFloatArray();
          int width = (int) actual.getShape().getLastDimension();
          for (int i = 0; i < expected.length; i++) {
            assertThat(values[i / columns * width + i % columns])
                .as("%s [%d]", name, i)
                .isEqualTo(expected[i]);
          }
        }
      }
    }
  }

  @Test
  void metadataBecomeAConfiguration() throws IOException {
    ModelConfig config = StoredModel.open(GgufFiles.model("Q8_0")).config();

    assertThat(config)
        .isEqualTo(
            new ModelConfig(
                Family.LLAMA,
                264,
                256,
                32,
                2,
                4,
                2,
                16,
                9.999999747378752e-06,
                10000,
                new RopeScaling.None(),
                true,
                false,
                false,
                OptionalInt.empty(),
                64,
                OptionalInt.of(260),
                List.of(261),
                OptionalInt.of(263)));
  }

  @ParameterizedTest
  @MethodSource("org.pocketdistill.pipeline.Checkpoints#names")
  void aConvertedFolderIsTheSameModel(String name) throws IOException {
    Path original = Checkpoints.folder(name);
    StoredModel converted =
        StoredModel.open(new GgufConversion(original).write(folder.resolve("x.gguf")));
    StoredModel expected = StoredModel.open(original);

    assertThat(converted.config().toString())
        .isEqualTo(
            expected
                .config()
                .toString()
                .replace("1.0E-5", "9.999999747378752E-6")
                .replace("1.0E-6", "9.999999974752427E-7"));
    try (Weights actual = converted.weights();
        Weights wanted = expected.weights()) {
      assertThat(actual.names()).isEqualTo(wanted.names());
      for (String weight : wanted.names()) {
        assertThat(actual.get(weight).toFloatArray())
            .as(weight)
            .isEqualTo(wanted.get(weight).toFloatArray());
      }
    }
  }

  @Test
  void rowsCanBeReadOneAtATime() throws IOException {
    StoredModel model = StoredModel.open(GgufFiles.model("KMIX"));
    String name = WeightLayout.matrix(1, Projection.K_PROJ);
    float[] row = new float[256];

    try (TensorSource tensors = model.tensors()) {
      tensors.rows(name).read(5, row);
    }

    try (Weights weights = model.weights()) {
      float[] all = weights.get(name).toFloatArray();
      assertThat(row).isEqualTo(Arrays.copyOfRange(all, 5 * 256, 6 * 256));
    }
  }

  @Test
  void everyEndOfATextIsTaken() throws IOException {
    GgufConversion conversion = new GgufConversion(Checkpoints.folder("llama_gqa"));
    conversion
        .builder()
        .uint32("tokenizer.ggml.eot_token_id", 7)
        .uint32("tokenizer.ggml.eom_token_id", 2)
        .uint32("tokenizer.ggml.sep_token_id", 0xffff_ffffL);

    ModelConfig config = StoredModel.open(conversion.write(folder.resolve("x.gguf"))).config();

    assertThat(config.eosTokenIds()).containsExactly(2, 7);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "expert_count | 8 | 8, expected 0: nothing else is supported",
        "attention.scale | 2 | 2, expected no such key: what it asks for is not supported",
        "rope.dimension_count | 6 | 6, expected 12, the width of a head",
        "rope.scaling.attn_factor | 2 | 2, expected 1: nothing else"
      })
  void refusesOptionsThatAreNotSupported(String name, int value, String message)
      throws IOException {
    GgufConversion conversion = new GgufConversion(Checkpoints.folder("llama_gqa"));
    conversion.builder().uint32(conversion.key(name), value);

    refuses(conversion, "metadata 'llama." + name + "': " + message);
  }

  @Test
  void refusesValuesThatAreNotSupported() throws IOException {
    GgufConversion conversion = new GgufConversion(Checkpoints.folder("llama_gqa"));
    conversion.builder().flag("llama.attention.causal", false);
    refuses(conversion, "'llama.attention.causal': false, expected true: nothing else");

    conversion = new GgufConversion(Checkpoints.folder("qwen2"));
    conversion.builder().text("qwen2.rope.scaling.type", "longrope");
    conversion.builder().float32("qwen2.rope.scaling.factor", 2);
    refuses(
        conversion, "'qwen2.rope.scaling.type': 'longrope', expected 'none', 'linear' or 'yarn'");

    conversion = new GgufConversion(Checkpoints.folder("qwen2"));
    conversion.builder().float32("qwen2.rope.scaling.factor", -1);
    refuses(conversion, "'qwen2.rope.scaling.factor': -1.0, expected a number above 0");

    conversion = new GgufConversion(Checkpoints.folder("qwen2"));
    conversion.builder().uint32("qwen2.attention.sliding_window", 4);
    refuses(conversion, "'qwen2.attention.sliding_window': 4, expected none for qwen2");

    conversion = new GgufConversion(Checkpoints.folder("qwen3"));
    conversion.builder().uint32("tokenizer.ggml.eot_token_id", 256);
    refuses(conversion, "'tokenizer.ggml.eot_token_id': 256, expected an id below 256");

    conversion = new GgufConversion(Checkpoints.folder("qwen3"));
    conversion.builder().text("general.type", "adapter");
    refuses(conversion, "'general.type': 'adapter', expected 'model'");
  }

  @Test
  void refusesFactorsOfAnotherScalingThanLlama3() throws IOException {
    GgufConversion conversion = new GgufConversion(Checkpoints.folder("llama_gqa"));
    conversion.builder().floats("rope_freqs.weight", new float[] {1, 2, 3, 4, 5, 6}, 6);
    refuses(conversion, "'rope_freqs.weight': factors that are not those of Llama 3.1's scaling");

    conversion = new GgufConversion(Checkpoints.folder("llama_gqa"));
    conversion.builder().floats("rope_freqs.weight", new float[5], 5);
    refuses(conversion, "factors of shape [5] for llama");

    conversion = new GgufConversion(Checkpoints.folder("llama_linear_rope"));
    conversion.builder().floats("rope_freqs.weight", new float[6], 6);
    refuses(
        conversion, "factors together with llama.rope.scaling.type, expected Llama 3.1's or none");

    conversion = new GgufConversion(Checkpoints.folder("llama_gqa"));
    conversion.builder().floats("rope_freqs.weight", new float[] {1, 1, 1, 1, 1, 1}, 6);
    ModelConfig config = StoredModel.open(conversion.write(folder.resolve("ones.gguf"))).config();
    assertThat(config.ropeScaling()).isEqualTo(new RopeScaling.None());
  }

  @Test
  void refusesTensorsThatDoNotFitTheMetadata() throws IOException {
    GgufConversion conversion = new GgufConversion(Checkpoints.folder("llama_gqa"));
    conversion.builder().floats("blk.0.attn_q.bias", new float[48], 48);
    refuses(conversion, "tensor 'blk.0.attn_q.bias' has no place in a llama model");

    conversion = new GgufConversion(Checkpoints.folder("llama_gqa"));
    conversion.builder().floats("blk.0.ffn_gate_exps.weight", new float[4], 4);
    refuses(conversion, "tensor 'blk.0.ffn_gate_exps.weight' has no place");

    GgufBuilder bare =
        new GgufBuilder()
            .text("general.architecture", "llama")
            .uint32("llama.embedding_length", 8)
            .uint32("llama.block_count", 1)
            .uint32("llama.context_length", 16)
            .uint32("llama.feed_forward_length", 8)
            .uint32("llama.attention.head_count", 2)
            .float32("llama.attention.layer_norm_rms_epsilon", 1e-5);
    refuses(bare, "tensor 'token_embd.weight' is missing");
    bare.floats("token_embd.weight", new float[32], 4, 8);
    refuses(bare, "tensor 'model.layers.0.input_layernorm.weight' is missing");
    bare.floats("blk.0.attn_norm.weight", new float[4], 4);
    refuses(bare, "tensor 'blk.0.attn_norm.weight': shape [4], expected (8) by the metadata");
  }

  @Test
  void refusesArchitecturesByName() throws IOException {
    refuses(
        new GgufBuilder().text("general.architecture", "gemma3"),
        "metadata 'general.architecture': 'gemma3', expected one of llama, qwen2, qwen3");
    refuses(new GgufBuilder(), "'general.architecture': missing, expected one of llama");
    refuses(
        new GgufBuilder()
            .text("general.architecture", "llama")
            .floats("token_embd.weight", new float[32], 4, 8),
        "'llama.attention.head_count': missing, expected a whole number from 1 to");
  }

  private void refuses(GgufConversion conversion, String message) throws IOException {
    refuses(conversion.builder(), message);
  }

  private void refuses(GgufBuilder builder, String message) throws IOException {
    Path file = builder.write(folder.resolve("refused.gguf"));
    assertThatThrownBy(() -> StoredModel.open(file).weights())
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith(file.toString())
        .hasMessageContaining(message);
  }
}
