package org.pocketdistill.pipeline.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.GoldenCheckpoint;
import org.pocketdistill.pipeline.model.HfFolder;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.WeightLayout;
import org.pocketdistill.pipeline.safetensors.Dtype;
import org.pocketdistill.pipeline.safetensors.SafetensorsFile;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.pipeline.torch.Torch;

/** Adapters against PEFT in fp32. */
final class LoraGoldenTest {
  private static Path folder(String name) {
    try {
      return Path.of(LoraGoldenTest.class.getResource("/lora/" + name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "qwen2_r4_all, qwen2",
    "llama_r4_all, llama_gqa",
    "qwen2_rslora, qwen2",
    "llama_dora, llama_gqa",
    "qwen2_dora, qwen2",
    "llama_patterns, llama_gqa",
    "llama_lmhead, llama_gqa",
    "llama_embed, llama_gqa"
  })
  void logitsLossGradientsAndMergeAreThoseOfPeft(String name, String base) throws IOException {
    LoraGoldens.check(GoldenCheckpoint.open(base), folder(name));
  }

  private static LoraSettings settings(boolean dora, boolean head, String... targets) {
    return new LoraSettings(
        4, 8, 0, false, dora, TargetModules.of(List.of(targets)), Map.of(), Map.of(), head);
  }

  private static ModelConfig config(String checkpoint) {
    try (Decoder decoder = GoldenCheckpoint.open(checkpoint).decoder()) {
      return decoder.config();
    }
  }

  static final List<LoraSettings> WRITTEN =
      List.of(
          new LoraSettings(
              3,
              6,
              0.1,
              true,
              true,
              TargetModules.of(List.of("q_proj", "down_proj")),
              ordered("layers\\.0\\..*q_proj", 5, "q_proj", 2),
              Map.of("down_proj", 1.5),
              true),
          new LoraSettings(
              2,
              4,
              0,
              false,
              false,
              new TargetModules(Optional.of(".*(embed_tokens|layers\\.1\\..*v_proj)"), List.of()),
              Map.of(),
              Map.of(),
              false));

  private static Map<String, Integer> ordered(String first, int one, String second, int two) {
    Map<String, Integer> ordered = new LinkedHashMap<>();
    ordered.put(first, one);
    ordered.put(second, two);
    return ordered;
  }

  @ParameterizedTest
  @FieldSource("WRITTEN")
  void writtenAdapterIsReadBackTheSame(LoraSettings settings, @TempDir Path target)
      throws IOException {
    try (Decoder decoder = GoldenCheckpoint.open("qwen2").decoder();
        LoraAdapter written =
            LoraAdapter.untrained(decoder.config(), settings, 1, decoder.weights())) {
      PeftFolder.save(written, target, "student");
      try (LoraAdapter read = PeftFolder.load(target, decoder.config())) {
        assertThat(read.settings()).isEqualTo(settings);
        assertThat(read.settings().rankPattern().keySet())
            .containsExactlyElementsOf(settings.rankPattern().keySet());
        assertThat(read.parameters().keySet()).isEqualTo(written.parameters().keySet());
        written
            .parameters()
            .forEach(
                (name, array) ->
                    assertThat(read.parameters().get(name).toFloatArray())
                        .as(name)
                        .isEqualTo(array.toFloatArray()));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama_dora", "llama_patterns", "llama_lmhead", "llama_embed"})
  void whatIsWrittenHasPeftsKeysAndTensors(String name, @TempDir Path target) throws IOException {
    try (LoraAdapter adapter = PeftFolder.load(folder(name), config("llama_gqa"))) {
      PeftFolder.save(adapter, target, "../../checkpoints/llama_gqa");
    }

    ObjectMapper json = new ObjectMapper();
    JsonNode theirs = json.readTree(folder(name).resolve("adapter_config.json").toFile());
    JsonNode ours = json.readTree(target.resolve("adapter_config.json").toFile());
    ours.properties()
        .forEach(
            key -> assertThat(key.getValue()).as(key.getKey()).isEqualTo(theirs.get(key.getKey())));
    try (SafetensorsFile written = file(target);
        SafetensorsFile golden = file(folder(name))) {
      Set<String> expected = new HashSet<>(golden.names());
      expected.remove("base_model.model.model.embed_tokens.base_layer.weight");
      assertThat(written.names()).containsExactlyInAnyOrderElementsOf(expected);
      for (String tensor : expected) {
        assertThat(written.floats(tensor)).as(tensor).isEqualTo(golden.floats(tensor));
        assertThat(written.info(tensor).shape()).isEqualTo(golden.info(tensor).shape());
      }
    }
  }

  private static SafetensorsFile file(Path folder) throws IOException {
    return SafetensorsFile.open(folder.resolve("adapter_model.safetensors"));
  }

  static final List<LoraSettings> UNTRAINED =
      List.of(
          settings(false, false, "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj"),
          settings(true, true, "down_proj", "v_proj"),
          settings(false, true, "embed_tokens"));

  @ParameterizedTest
  @FieldSource("UNTRAINED")
  void untrainedAdapterChangesNothing(LoraSettings settings) {
    for (String name : List.of("llama_gqa", "qwen2")) {
      GoldenCheckpoint checkpoint = GoldenCheckpoint.open(name);
      try (Decoder decoder = checkpoint.decoder();
          LoraAdapter adapter =
              LoraAdapter.untrained(decoder.config(), settings, 7, decoder.weights());
          NDManager scope = Torch.newManager()) {
        NDArray without =
            LoraGoldens.logits(scope, decoder, checkpoint.batch(), decoder.noAdapters());
        adapter.attachHead(decoder.weights());
        NDArray with = LoraGoldens.logits(scope, decoder, checkpoint.batch(), adapter);
        float difference = largestDifference(with.toFloatArray(), without.toFloatArray());
        assertThat(difference).isLessThanOrEqualTo(settings.useDora() ? 2e-5f : 0f);
      }
    }
  }

  private static float largestDifference(float[] a, float[] b) {
    assertThat(a).hasSameSizeAs(b);
    float largest = 0;
    for (int i = 0; i < a.length; i++) {
      largest = Math.max(largest, Math.abs(a[i] - b[i]));
    }
    return largest;
  }

  /** PEFT merges it into embedding and head at once, and so changes the model. */
  @Test
  void anAdapterOnATiedEmbeddingIsMergedIntoTheEmbeddingAlone(@TempDir Path target)
      throws IOException {
    GoldenCheckpoint checkpoint = GoldenCheckpoint.open("qwen2");
    LoraSettings settings = settings(false, false, "embed_tokens", "q_proj");
    try (Decoder decoder = checkpoint.decoder();
        LoraAdapter adapter = new LoraAdapter(decoder.config(), settings, new RandomValues(11));
        NDManager scope = Torch.newManager()) {
      assertThat(decoder.config().tieWordEmbeddings()).isTrue();
      float[] base = decoder.weights().head().toFloatArray();
      float[] apart =
          LoraGoldens.logits(scope, decoder, checkpoint.batch(), adapter).toFloatArray();

      adapter.mergeInto(decoder.weights());
      HfFolder.save(target, adapter.mergedConfig(), decoder.weights(), Dtype.F32);

      try (Decoder merged = HfFolder.load(target, ComputeDtype.FP32)) {
        assertThat(merged.config().tieWordEmbeddings()).isFalse();
        assertThat(merged.weights().head().toFloatArray()).isEqualTo(base);
        assertThat(merged.weights().values(WeightLayout.EMBEDDING)).isNotEqualTo(base);
        float[] logits =
            LoraGoldens.logits(scope, merged, checkpoint.batch(), merged.noAdapters())
                .toFloatArray();
        assertThat(largestDifference(logits, apart)).isLessThan(1e-4f);
      }
    }
  }

  private record RandomValues(SplittableRandom random) implements LoraAdapter.Source {
    RandomValues(long seed) {
      this(new SplittableRandom(seed));
    }

    @Override
    public float[] values(LoraTensor tensor, Shape shape) {
      float[] values = new float[(int) shape.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) random.nextDouble(-0.3, 0.3);
      }
      return values;
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "use_qalora | true | use_qalora: true, expected off",
        "target_modules | [\"lm_head\"] | target_modules: \"lm_head\", expected",
        "target_modules | [\"c_attn\"] | target_modules: \"c_attn\", expected",
        "target_modules | \"(\" | target_modules: \"(\", expected a regular expression",
        "target_modules | \"none\" | adapter_model.safetensors: tensors",
        "modules_to_save | [\"score\"] | modules_to_save: \"score\", expected lm_head",
        "rank_pattern | {\"q_proj\": 0} | rank_pattern: 0, expected a whole number",
        "rank_pattern | {\"q_proj\": 2} | q_proj.lora_A.weight': shape [4, 48], expected shape [2, 48]",
        "alpha_pattern | {\"q_proj\": \"a\"} | alpha_pattern: \"a\", expected a number",
        "use_dora | true | lora_magnitude_vector': missing",
      })
  void aConfigThatDoesNotFitIsRefusedByName(
      String key, String value, String message, @TempDir Path target) throws IOException {
    change(target, key, value);

    assertThatThrownBy(() -> PeftFolder.load(target, config("llama_gqa")))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(message);
  }

  private static void change(Path target, String key, String value) throws IOException {
    Path source = folder("llama_r4_all");
    Files.copy(
        source.resolve("adapter_model.safetensors"), target.resolve("adapter_model.safetensors"));
    ObjectMapper json = new ObjectMapper();
    ObjectNode config = (ObjectNode) json.readTree(source.resolve("adapter_config.json").toFile());
    config.set(key, json.readTree(value));
    Files.writeString(target.resolve("adapter_config.json"), config.toString());
  }

  @Test
  void allLinearIsEveryProjection(@TempDir Path target) throws IOException {
    change(target, "target_modules", "\"all-linear\"");

    try (LoraAdapter adapter = PeftFolder.load(target, config("llama_gqa"));
        SafetensorsFile file = file(target)) {
      assertThat(adapter.parameters().keySet()).isEqualTo(Set.copyOf(file.names()));
    }
  }

  @Test
  void adapterOfLayersThatWereCutAwayIsRefused() {
    ModelConfig cut = config("llama_gqa").withLayers(1);

    assertThatThrownBy(() -> PeftFolder.load(folder("llama_r4_all"), cut))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("adapter_model.safetensors: tensor 'base_model.model.model.layers.1.")
        .hasMessageContaining("adapts layer 1, expected layers 0 to 0: the model has 1;");
  }

  @Test
  void adapterOfAnotherModelIsRefused() {
    assertThatThrownBy(() -> PeftFolder.load(folder("qwen2_r4_all"), config("llama_tied_mha")))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("adapter_model.safetensors: tensor")
        .hasMessageContaining("expected shape");
  }
}
