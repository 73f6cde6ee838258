package org.pocketdistill.pipeline.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.Checkpoints;
import org.pocketdistill.pipeline.LargestDifference;
import org.pocketdistill.pipeline.gguf.GgufFile;
import org.pocketdistill.pipeline.gguf.GgufFileType;
import org.pocketdistill.pipeline.gguf.GgufFiles;
import org.pocketdistill.pipeline.gguf.GgufMetadata;
import org.pocketdistill.pipeline.gguf.GgufTensor;
import org.pocketdistill.pipeline.gguf.TensorType;
import org.pocketdistill.pipeline.safetensors.Dtype;
import org.pocketdistill.pipeline.safetensors.FloatCodec;
import org.pocketdistill.pipeline.safetensors.SafetensorsFile;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.tokenize.HfTokenizer;

/** Models written as GGUF files and read again; bytes against the files that gguf-py wrote. */
class GgufExportTest {
  /** What rounding weights to F16 moves logits between 1 and 10 by, at most. */
  private static final double F16_TOLERANCE = 2e-2;

  private static final String TEXT = "the end\nin 42 <c>things";
  private static final LargestDifference DIFFERENCES =
      new LargestDifference("models as F16 in GGUF against themselves");

  @TempDir private Path folder;

  @AfterAll
  static void print() {
    DIFFERENCES.print();
  }

  /** A tiny checkpoint with a tokenizer. */
  private Path checkpoint(String name) throws IOException {
    Path model = Files.createDirectory(folder.resolve("model"));
    try (Stream<Path> files = Files.list(Checkpoints.folder(name))) {
      for (Path file : files.filter(f -> !f.toString().contains("golden")).toList()) {
        Files.copy(file, model.resolve(file.getFileName()));
      }
    }
    TinyVocabulary.write(model);
    return model;
  }

  private Path export(Path model, GgufFileType type) throws IOException {
    Path target = folder.resolve("written." + type + ".gguf");
    return GgufExport.write(StoredModel.open(model), target, type, "tiny", file -> target);
  }

  @ParameterizedTest
  @MethodSource("org.pocketdistill.pipeline.Checkpoints#names")
  void aFolderComesBackAsTheSameModel(String name) throws IOException {
    StoredModel original = StoredModel.open(checkpoint(name));

    StoredModel written = StoredModel.open(export(original.path(), GgufFileType.F16));

    assertThat(written.config().toString())
        .isEqualTo(
            original
                .config()
                .toString()
                .replace("1.0E-5", "9.999999747378752E-6")
                .replace("1.0E-6", "9.999999974752427E-7"));
    assertSameTokens(original, written);
    try (Decoder expected = original.decoder(ComputeDtype.FP32);
        Decoder actual = written.decoder(ComputeDtype.FP32)) {
      assertRounded(expected.weights(), actual.weights());
      int[] ids = IntStream.range(0, 24).map(i -> (i * 37 + 5) % 256).toArray();
      float[][] wanted = new RowScorer(expected, 0).logits(ids);
      float[][] found = new RowScorer(actual, 0).logits(ids);
      for (int i = 0; i < wanted.length; i++) {
        for (int j = 0; j < wanted[i].length; j++) {
          assertThat((double) found[i][j]).isCloseTo(wanted[i][j], within(F16_TOLERANCE));
          DIFFERENCES.add("logits of " + name, found[i][j] - (double) wanted[i][j]);
        }
      }
    }
  }

  private static void assertSameTokens(StoredModel original, StoredModel written) {
    try (HfTokenizer expected = original.tokenizer();
        HfTokenizer actual = written.tokenizer()) {
      assertThat(actual.encode(TEXT)).isEqualTo(expected.encode(TEXT)).hasSizeGreaterThan(9);
      assertThat(actual.vocabSize()).as("a token for every row").isEqualTo(256);
    }
    assertThat(written.chatTemplate().jinja()).isEqualTo(TinyVocabulary.TEMPLATE);
  }

  private static void assertRounded(Weights expected, Weights actual) {
    assertThat(actual.names()).isEqualTo(expected.names());
    for (String weight : expected.names()) {
      float[] values = expected.get(weight).toFloatArray();
      if (expected.get(weight).getShape().dimension() > 1) {
        for (int i = 0; i < values.length; i++) {
          values[i] = FloatCodec.halfToFloat(FloatCodec.floatToHalf(values[i]));
        }
      }
      assertThat(actual.get(weight).toFloatArray()).as(weight).isEqualTo(values);
    }
  }

  @ParameterizedTest
  @EnumSource
  void tensorsHaveTheBytesThatGgufPyWrote(GgufFileType type) throws IOException {
    GgufFile written = GgufFile.open(export(GgufFiles.model("F32"), type));

    for (String name : written.names()) {
      boolean vector = written.tensor(name).rows() == 1;
      TensorType expected = name.startsWith("token_embd") ? type.head() : type.matrices();
      assertThat(written.tensor(name).type())
          .as(name)
          .isEqualTo(vector ? TensorType.F32 : expected);
      GgufFile golden = GgufFile.open(GgufFiles.model(vector ? "F32" : expected.name()));
      assertThat(bytes(written, name)).as(name).isEqualTo(bytes(golden, name));
    }
    assertThat(written.names()).hasSameElementsAs(GgufFile.open(GgufFiles.model("F32")).names());
  }

  @Test
  void aFolderOfTheSameModelGivesTheSameBytes() throws IOException {
    Path model = folder.resolve("model");
    HfFolder.save(model, StoredModel.open(GgufFiles.model("F32")), Dtype.F32);
    Path direct = export(GgufFiles.model("F32"), GgufFileType.Q4_1);
    GgufFile first = GgufFile.open(Files.move(direct, folder.resolve("direct.gguf")));

    GgufFile second = GgufFile.open(export(model, GgufFileType.Q4_1));

    for (String name : first.names()) {
      assertThat(bytes(second, name)).as(name).isEqualTo(bytes(first, name));
    }
    for (String list : List.of("tokens", "merges")) {
      String key = "tokenizer.ggml." + list;
      assertThat(second.metadata().texts(key)).isEqualTo(first.metadata().texts(key)).isNotEmpty();
    }
    assertThat(second.metadata().wholes("tokenizer.ggml.token_type"))
        .isEqualTo(first.metadata().wholes("tokenizer.ggml.token_type"));
    assertThat(second.metadata().text("tokenizer.ggml.pre"))
        .isEqualTo(first.metadata().text("tokenizer.ggml.pre"));
  }

  private static byte[] bytes(GgufFile file, String name) throws IOException {
    GgufTensor tensor = file.tensor(name);
    int from = (int) tensor.position();
    return Arrays.copyOfRange(
        Files.readAllBytes(file.path()), from, from + (int) tensor.byteSize());
  }

  @ParameterizedTest
  @EnumSource(names = {"F16", "Q8_0"})
  void logitsAreThoseOfTransformersOnGgufPysFile(GgufFileType type) throws IOException {
    StoredModel written = StoredModel.open(export(GgufFiles.model("F32"), type));
    try (SafetensorsFile golden = SafetensorsFile.open(GgufFiles.path("golden.safetensors"));
        Decoder decoder = written.decoder(ComputeDtype.FP32)) {
      int[] ids = Arrays.stream(golden.longs("input_ids")).mapToInt(Math::toIntExact).toArray();
      float[] expected = golden.floats("logits." + type);

      float[][] logits = new RowScorer(decoder, 0).logits(ids);

      for (int i = 0; i < expected.length; i++) {
        assertThat(logits[i / 264][i % 264]).isCloseTo(expected[i], within(1e-4f));
      }
    }
  }

  @Test
  void metadataAreThoseThatLlamaCppReads() throws IOException {
    GgufMetadata golden = GgufFile.open(GgufFiles.model("Q8_0")).metadata();
    Path written = export(GgufFiles.model("F32"), GgufFileType.Q8_0);
    GgufMetadata read = GgufFile.open(written).metadata();

    assertThat(read.keys()).containsAll(golden.keys());
    assertThat(read.text("general.architecture")).hasValue("llama");
    assertThat(read.text("general.name")).hasValue("tiny");
    assertThat(read.whole("general.file_type")).hasValue(7);
    assertThat(read.whole("general.quantization_version")).hasValue(2);
    assertThat(read.whole("llama.vocab_size")).hasValue(264);
    assertThat(read.whole("llama.rope.dimension_count")).hasValue(16);
    for (String key : golden.keys()) {
      if (key.startsWith("llama.")) {
        assertThat(read.number(key)).as(key).isEqualTo(golden.number(key));
      }
    }
  }

  @Test
  void refusesWhatTheTypeOrTheFormatCannotCarry() throws IOException {
    Path model = checkpoint("llama_gqa");
    assertRefused(
        model,
        GgufFileType.Q4_0,
        model
            + ": tensor 'token_embd.weight': rows of 48 elements, expected a multiple of 32 for"
            + " Q4_0; write it as f16");

    replace(
        model.resolve("generation_config.json"),
        "\"eos_token_id\": 2",
        "\"eos_token_id\": [2, 3, 4, 5]");
    assertRefused(
        model,
        GgufFileType.F16,
        model + ": 4 ids end a text [2, 3, 4, 5], expected at most 3, for which a GGUF file has");

    Files.delete(model.resolve("tokenizer.json"));
    assertRefused(
        model,
        GgufFileType.F16,
        model.resolve("tokenizer.json") + ": no such file; expected the tokenizer of a Hugging");
  }

  @Test
  void refusesWeightsThatDoNotFitTheConfiguration() throws IOException {
    Path model = checkpoint("llama_gqa");
    Path config = model.resolve("config.json");
    replace(config, "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1");
    assertRefused(model, GgufFileType.F16, "has no place in a llama model with this configuration");
    replace(config, "\"num_hidden_layers\": 1", "\"num_hidden_layers\": 3");
    assertRefused(model, GgufFileType.F16, "model.layers.2.");
    replace(config, "\"num_hidden_layers\": 3", "\"num_hidden_layers\": 2");
    replace(config, "\"vocab_size\": 256", "\"vocab_size\": 255");
    assertRefused(
        model, GgufFileType.F16, "'model.embed_tokens.weight': shape [256, 48], expected");
    replace(config, "\"vocab_size\": 255", "\"vocab_size\": 90");
    assertRefused(
        model, GgufFileType.F16, "a tokenizer of 103 ids, expected at most 90, the rows of the");
  }

  private static void replace(Path file, String old, String text) throws IOException {
    String json = Files.readString(file);
    assertThat(json).contains(old);
    Files.writeString(file, json.replace(old, text));
  }

  private void assertRefused(Path model, GgufFileType type, String message) throws IOException {
    assertThatThrownBy(() -> export(model, type))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(message);
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).as("nothing half-written").containsExactly(model);
    }
  }

  @Test
  void anOlderFileStaysIfTheNewOneFails() throws IOException {
    StoredModel model = StoredModel.open(GgufFiles.model("F32"));
    Path target = Files.writeString(folder.resolve("x.gguf"), "old");

    assertThatThrownBy(
            () ->
                GgufExport.write(
                    model,
                    target,
                    GgufFileType.F16,
                    "tiny",
                    file -> {
                      assertThat(GgufFile.isGguf(file)).isTrue();
                      throw new IOException("No space left on device");
                    }))
        .isInstanceOf(IOException.class)
        .hasMessage(target + " could not be written (No space left on device)");

    assertThat(target).hasContent("old");
    Path nowhere = folder.resolve("missing/x.gguf");
    assertThatThrownBy(
            () -> GgufExport.write(model, nowhere, GgufFileType.F16, "tiny", file -> file))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(nowhere + " could not be written");
    GgufExport.write(model, target, GgufFileType.F16, "tiny", file -> file);
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(target);
    }
  }
}
