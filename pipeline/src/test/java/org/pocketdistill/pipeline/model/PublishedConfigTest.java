package org.pocketdistill.pipeline.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pocketdistill.pipeline.safetensors.Dtype;

/** Files as their makers publish them; see PROVENANCE.md beside them. */
class PublishedConfigTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "llama-2-7b-chat | llama 32000 4096 11008 32 | 32/32x128 1.0E-5 untied"
            + " | 10000.0 None | - 4096 | 1 2 -",
        "llama-3-8b-instruct | llama 128256 4096 14336 32 | 32/8x128 1.0E-5 untied"
            + " | 500000.0 None | - 8192 | 128000 128001,128009 -",
        "llama-3.1-8b-instruct | llama 128256 4096 14336 32 | 32/8x128 1.0E-5 untied"
            + " | 500000.0 Llama3 8.0 1.0 4.0 8192 | - 131072 | 128000 128001,128008,128009 -",
        "llama-3.2-1b | llama 128256 2048 8192 16 | 32/8x64 1.0E-5 tied"
            + " | 500000.0 Llama3 32.0 1.0 4.0 8192 | - 131072 | 128000 128001 -",
        "llama-3.2-1b-newer | llama 128256 2048 8192 16 | 32/8x64 1.0E-5 tied"
            + " | 500000.0 Llama3 32.0 1.0 4.0 8192 | - 131072 | 128000 128001 -",
        "mistral-7b-v0.1 | mistral 32000 4096 14336 32 | 32/8x128 1.0E-5 untied"
            + " | 10000.0 None | 4096 32768 | 1 2 -",
        "mistral-7b-instruct-v0.3 | mistral 32768 4096 14336 32 | 32/8x128 1.0E-5 untied"
            + " | 1000000.0 None | - 32768 | 1 2 -",
        "mistral-nemo-base | mistral 131072 5120 14336 40 | 32/8x128 1.0E-5 untied"
            + " | 1000000.0 None | - 128000 | 1 2 -",
        "qwen2-0.5b-instruct | qwen2 151936 896 4864 24 | 14/2x64 1.0E-6 tied bias"
            + " | 1000000.0 None | - 32768 | 151643 151645,151643 -",
        "qwen2.5-1.5b | qwen2 151936 1536 8960 28 | 12/2x128 1.0E-6 tied bias"
            + " | 1000000.0 None | - 131072 | 151643 151643 -",
        "qwen2.5-7b-instruct-yarn | qwen2 152064 3584 18944 28 | 28/4x128 1.0E-6 untied bias"
            + " | 1000000.0 Yarn 4.0 32.0 1.0 32768 | - 32768 | 151643 151645,151643 -",
        "qwen3-0.6b | qwen3 151936 1024 3072 28 | 16/8x128 1.0E-6 tied norm"
            + " | 1000000.0 None | - 40960 | 151643 151645,151643 -",
        "smollm2-135m-instruct | llama 49152 576 1536 30 | 9/3x64 1.0E-5 tied"
            + " | 100000.0 None | - 8192 | 1 2 2",
        "deepseek-r1-distill-qwen-1.5b | qwen2 151936 1536 8960 28 | 12/2x128 1.0E-6 untied bias"
            + " | 10000.0 None | - 131072 | 151643 151643 -",
        "deepseek-r1-distill-llama-8b | llama 128256 4096 14336 32 | 32/8x128 1.0E-5 untied"
            + " | 500000.0 Llama3 8.0 1.0 4.0 8192 | - 131072 | 128000 128001 -"
      })
  void readsWhatTransformersReads(
      String model, String shape, String attention, String rope, String context, String ids)
      throws IOException {
    ModelConfig config = HfConfigFile.read(published(model));

    assertThat(shape(config)).isEqualTo(shape);
    assertThat(attention(config)).isEqualTo(attention);
    assertThat(rope(config)).isEqualTo(rope);
    assertThat(text(config.slidingWindow()) + " " + config.maxPositionEmbeddings())
        .isEqualTo(context);
    assertThat(ids(config)).isEqualTo(ids);
    HfConfigFile.write(config, Dtype.BF16, folder);
    assertThat(HfConfigFile.read(folder)).as("read back").isEqualTo(config);
  }

  private static String shape(ModelConfig config) {
    return "%s %d %d %d %d"
        .formatted(
            config.modelType().key(),
            config.vocabSize(),
            config.hiddenSize(),
            config.intermediateSize(),
            config.numHiddenLayers());
  }

  private static String attention(ModelConfig config) {
    return "%d/%dx%d %s %s%s%s"
        .formatted(
            config.numAttentionHeads(),
            config.numKeyValueHeads(),
            config.headDim(),
            config.rmsNormEps(),
            config.tieWordEmbeddings() ? "tied" : "untied",
            config.qkvBias() ? " bias" : "",
            config.qkNorm() ? " norm" : "");
  }

  private static String rope(ModelConfig config) {
    RopeScaling scaling = config.ropeScaling();
    String values =
        Stream.of(scaling.getClass().getRecordComponents())
            .map(
                component -> {
                  try {
                    return " " + component.getAccessor().invoke(scaling);
                  } catch (ReflectiveOperationException e) {
                    throw new LinkageError(e.getMessage(), e);
                  }
                })
            .collect(Collectors.joining());
    return config.ropeTheta() + " " + scaling.getClass().getSimpleName() + values;
  }

  private static String ids(ModelConfig config) {
    return "%s %s %s"
        .formatted(
            text(config.bosTokenId()),
            config.eosTokenIds().stream().map(String::valueOf).collect(Collectors.joining(",")),
            text(config.padTokenId()));
  }

  private static String text(OptionalInt value) {
    return value.isPresent() ? String.valueOf(value.getAsInt()) : "-";
  }

  /** Parameters as the model cards state them. */
  @ParameterizedTest
  @CsvSource({
    "llama-2-7b-chat, 6738415616",
    "llama-3.1-8b-instruct, 8030261248",
    "llama-3.2-1b, 1235814400",
    "mistral-7b-v0.1, 7241732096",
    "qwen2-0.5b-instruct, 494032768",
    "qwen2.5-7b-instruct-yarn, 7615616512",
    "qwen3-0.6b, 596049920",
    "smollm2-135m-instruct, 134515008",
    "deepseek-r1-distill-qwen-1.5b, 1777088000"
  })
  void countsTheParametersOfThePublishedWeights(String model, long parameters) throws IOException {
    assertThat(HfConfigFile.read(published(model)).parameters()).isEqualTo(parameters);
  }

  @Test
  void readsHowModelsAreMeantToGenerate() throws IOException {
    GenerationConfig qwen = GenerationConfig.read(published("qwen2.5-7b-instruct-yarn"));
    GenerationConfig llama = GenerationConfig.read(published("llama-3.1-8b-instruct"));
    GenerationConfig smol = GenerationConfig.read(published("smollm2-135m-instruct"));

    assertThat(qwen.doSample()).isTrue();
    assertThat(qwen.temperature()).isEqualTo(0.7);
    assertThat(qwen.topK()).isEqualTo(20);
    assertThat(qwen.topP()).isEqualTo(0.8);
    assertThat(qwen.notApplied()).containsExactly("repetition_penalty 1.05");
    assertThat(llama.temperature()).isEqualTo(0.6);
    assertThat(llama.topK()).as("transformers' default").isEqualTo(50);
    assertThat(llama.notApplied()).isEmpty();
    assertThat(smol.doSample()).isFalse();
    assertThat(smol.eosTokenIds()).hasValueSatisfying(ids -> assertThat(ids).containsExactly(2));
  }

  private static Path published(String model) {
    try {
      return Path.of(
          Objects.requireNonNull(PublishedConfigTest.class.getResource("/published/" + model))
              .toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
