package org.pocketdistill.pipeline.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.Checkpoints;
import org.pocketdistill.pipeline.calibrate.TinyCalibration;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.config.StaticShapes;
import org.pocketdistill.pipeline.lm.CausalDecoder.DecodeSession;
import org.pocketdistill.pipeline.onnx.Calibration;
import org.pocketdistill.pipeline.onnx.GraphForm;
import org.pocketdistill.pipeline.onnx.OnnxExporter;

/** A graph of standard operators computes what the graph of fused ones computes. */
class PlainGraphTest {
  /** Logits are of size 1 to 10; sums in another order change them by about 1e-5. */
  private static final float ROUNDING = 1e-4f;

  private static final int CONTEXT = 64;
  private static final int NEW_TOKENS = 12;

  @TempDir private Path folder;

  static List<String> checkpoints() {
    return Checkpoints.names();
  }

  @AfterEach
  void closesEveryTensor() {
    assertThat(OrtTensors.live()).isZero();
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void givesTheLogitsOfTransformers(String name) throws IOException {
    GoldenDecoder golden = new GoldenDecoder(name);
    try (OrtDecoder decoder = plain(name, OnnxPrecision.FP32)) {
      for (int[] row : golden.rows()) {
        assertClose(decoder.logits(row), golden.logits(row));
      }
      int[] prompt = golden.greedyPrompt();
      assertThat(greedy(decoder, List.of(prompt), golden.greedyOutput().length))
          .containsExactly(golden.greedyOutput());
    }
  }

  /** In int4 heads of 16 only: others are widened in the fused graph, which moves the blocks. */
  @ParameterizedTest
  @CsvSource({
    "llama_gqa,INT8",
    "mistral,INT8",
    "qwen2,INT8",
    "qwen3,INT8",
    "qwen3,INT4",
    "llama_gqa,INT8_STATIC",
    "qwen2,INT8_STATIC",
    "mistral,FP16",
    "qwen3,FP16"
  })
  void givesTheLogitsOfTheFusedGraph(String name, OnnxPrecision precision) throws IOException {
    int[] row = range(7, 47);
    try (OrtDecoder fused = open(name, precision, new GraphForm.GenAi());
        OrtDecoder plain = plain(name, precision)) {
      LogitsDifference worst = LogitsDifference.of(new float[] {0}, new float[] {0});
      float[][] expected = fused.logits(row);
      float[][] found = plain.logits(row);
      for (int i = 0; i < row.length; i++) {
        // A sum in another order may round an activation to another code.
        LogitsDifference difference = LogitsDifference.of(expected[i], found[i]);
        worst = difference.kl() > worst.kl() ? difference : worst;
      }
      assertThat(worst.kl()).isLessThan(1e-3);
    }
  }

  @ParameterizedTest
  @CsvSource({"mistral,FP32", "qwen2,FP32", "qwen3,INT8", "llama_gqa,INT4"})
  void decodesABatchAsItDecodesSingleRows(String name, OnnxPrecision precision) throws IOException {
    try (OrtDecoder decoder = plain(name, precision)) {
      assertBatchedAsSingle(decoder);
    }
  }

  private static void assertBatchedAsSingle(OrtDecoder decoder) {
    List<int[]> prompts = List.of(new int[] {7}, range(3, 14), range(50, 55));
    try (DecodeSession batch = decoder.start(prompts, NEW_TOKENS)) {
      List<DecodeSession> singles = new ArrayList<>();
      prompts.forEach(prompt -> singles.add(decoder.start(List.of(prompt), NEW_TOKENS)));
      for (int step = 0; step < NEW_TOKENS; step++) {
        for (int row = 0; row < prompts.size(); row++) {
          assertClose(batch.logits()[row], singles.get(row).logits()[0]);
          singles.get(row).advance(new int[] {10 * row + step});
        }
        batch.advance(new int[] {step, 10 + step, 20 + step});
      }
      singles.forEach(DecodeSession::close);
    }
  }

  /** More rows than prompts, fewer, as many; tokens one by one, in pieces, all at once. */
  @ParameterizedTest
  @CsvSource({
    "mistral,FP32,1,1",
    "qwen3,FP32,2,5",
    "qwen2,FP32,4,64",
    "llama_gqa,INT8,3,16",
    "mistral,INT4,2,7"
  })
  void computesTheSameInFixedShapes(String name, OnnxPrecision precision, int batch, int sequence)
      throws IOException {
    int[] row = range(1, 1 + CONTEXT);
    try (OrtDecoder free = plain(name, precision);
        OrtDecoder fixed = fixed(name, precision, batch, sequence)) {
      assertThat(fixed.contextLength()).isEqualTo(CONTEXT);
      assertClose(fixed.logits(row), free.logits(row));
      assertThat(greedy(fixed, List.of(range(2, 30)), CONTEXT - 28))
          .containsExactly(greedy(free, List.of(range(2, 30)), CONTEXT - 28));
      assertBatchedAsSingle(fixed);
    }
  }

  @ParameterizedTest
  @CsvSource({"mistral,1", "mistral,5", "qwen3,7"})
  void readsALongPromptInPieces(String name, int pieceLength) throws IOException {
    int[] row = range(20, 44);
    try (OrtDecoder decoder = plain(name, OnnxPrecision.FP32);
        OrtKvCache pieces = new OrtKvCache(decoder.graph(), 2, row.length, pieceLength)) {
      float[][] whole = decoder.logits(row);
      for (int cacheRow : new int[] {1, 0, 1}) {
        float[][] found = new float[row.length][];
        pieces.read(cacheRow, row, (position, logits) -> found[position] = logits.clone());
        assertClose(found, whole);
      }
    }
  }

  @Test
  void refusesAConfigurationOfTheOtherGraph() throws IOException {
    export("qwen3", OnnxPrecision.FP32, new GraphForm.GenAi());
    Path config = folder.resolve("package/genai_config.json");
    Files.writeString(
        config, Files.readString(config).replace("buffer\" : true", "buffer\" : false"));

    assertThatThrownBy(() -> OrtDecoder.open(folder.resolve("package")))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("model.onnx: no input 'position_ids', expected the other by")
        .hasMessageContaining("genai_config.json");
  }

  @Test
  void refusesAContextThatTheFixedCacheCannotHold() throws IOException {
    fixed("qwen3", OnnxPrecision.FP32, 1, 4).close();
    Path config = folder.resolve("fixed/genai_config.json");
    Files.writeString(
        config,
        Files.readString(config).replace("\"context_length\" : 64", "\"context_length\" : 65"));

    assertThatThrownBy(() -> OrtDecoder.open(folder.resolve("fixed")))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("a cache of 63 tokens, expected free lengths, or fixed ones")
        .hasMessageContaining("at least 64");
  }

  @Test
  void refusesMoreNewTokensThanAContextHas() {
    assertThatThrownBy(() -> fixed("qwen3", OnnxPrecision.FP32, 1, 65))
        .isInstanceOf(DataException.class)
        .hasMessage(
            "static shapes 1x65: 65 new tokens in a run, expected at most 64, the context length");
    assertThat(folder.resolve("fixed")).doesNotExist();
  }

  private static int[] greedy(OrtDecoder decoder, List<int[]> prompts, int count) {
    int[] tokens = new int[count];
    try (DecodeSession session = decoder.start(prompts, count)) {
      for (int i = 0; i < count; i++) {
        tokens[i] = TokenScorer.largest(session.logits()[0], 1)[0];
        session.advance(new int[] {tokens[i]});
      }
    }
    return tokens;
  }

  private static void assertClose(float[][] found, float[][] expected) {
    assertThat(found).hasSameDimensionsAs(expected);
    for (int i = 0; i < expected.length; i++) {
      assertClose(found[i], expected[i]);
    }
  }

  private static void assertClose(float[] found, float[] expected) {
    float largest = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(found[i] - expected[i]));
    }
    assertThat(largest).isLessThan(ROUNDING);
  }

  private static int[] range(int from, int to) {
    return IntStream.range(from, to).map(i -> i * 5 % 256).toArray();
  }

  private OrtDecoder plain(String checkpoint, OnnxPrecision precision) throws IOException {
    return open(checkpoint, precision, new GraphForm.Plain(Optional.empty()));
  }

  private OrtDecoder fixed(String checkpoint, OnnxPrecision precision, int batch, int sequence)
      throws IOException {
    StaticShapes shapes = new StaticShapes(batch, sequence);
    return open(checkpoint, precision, new GraphForm.Plain(Optional.of(shapes)));
  }

  private OrtDecoder open(String checkpoint, OnnxPrecision precision, GraphForm form)
      throws IOException {
    return OrtDecoder.open(export(checkpoint, precision, form));
  }

  private Path export(String checkpoint, OnnxPrecision precision, GraphForm form)
      throws IOException {
    String name =
        form instanceof GraphForm.Plain plain
            ? plain.shapes().isPresent() ? "fixed" : "plain"
            : "package";
    Path target = folder.resolve(name);
    return OnnxExporter.export(
        Checkpoints.folder(checkpoint),
        target,
        new OnnxExporter.Options(precision, CONTEXT, Map.of())
            .with(form)
            .with(
                new Calibration(
                    TinyCalibration.batches(Checkpoints.folder(checkpoint)), widened -> 0)),
        p -> target);
  }
}
