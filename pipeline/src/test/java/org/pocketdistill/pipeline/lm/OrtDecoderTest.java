package org.pocketdistill.pipeline.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.Checkpoints;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.config.RuntimeConfig;
import org.pocketdistill.pipeline.lm.CausalDecoder.DecodeSession;
import org.pocketdistill.pipeline.lm.CausalScorer.TokenScores;
import org.pocketdistill.pipeline.onnx.GenAiConfig;
import org.pocketdistill.pipeline.onnx.OnnxExporter;

class OrtDecoderTest {
  /** Logits are of size 1 to 10; sums in another order change them by about 1e-5. */
  private static final float ROUNDING = 1e-4f;

  @TempDir Path folder;

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
    try (OrtDecoder decoder = open(name, OnnxPrecision.FP32)) {
      for (int[] row : golden.rows()) {
        assertClose(decoder.logits(row), golden.logits(row));
      }
      assertThat(greedy(decoder, golden.greedyPrompt(), golden.greedyOutput().length))
          .containsExactly(golden.greedyOutput());
    }
  }

  @ParameterizedTest
  @CsvSource({"mistral,FP32", "llama_gqa,FP32", "qwen3,INT8", "mistral,INT8", "qwen3,INT4"})
  void decodesABatchAsItDecodesSingleRows(String name, OnnxPrecision precision) throws IOException {
    List<int[]> prompts = List.of(new int[] {7}, range(3, 14), range(50, 55));
    int steps = 12;
    try (OrtDecoder decoder = open(name, precision);
        DecodeSession batch = decoder.start(prompts, steps)) {
      List<DecodeSession> singles = new ArrayList<>();
      prompts.forEach(prompt -> singles.add(decoder.start(List.of(prompt), steps)));
      for (int step = 0; step < steps; step++) {
        for (int row = 0; row < prompts.size(); row++) {
          assertClose(batch.logits()[row], singles.get(row).logits()[0]);
          singles.get(row).advance(new int[] {10 * row + step});
        }
        batch.advance(new int[] {step, 10 + step, 20 + step});
      }
      singles.forEach(DecodeSession::close);
    }
  }

  @ParameterizedTest
  @CsvSource({"mistral,FP32", "llama3_rope,FP32", "qwen2,INT8", "qwen2,INT4"})
  void decodesWithCacheAsWithout(String name, OnnxPrecision precision) throws IOException {
    int[] row = range(20, 44);
    try (OrtDecoder decoder = open(name, precision)) {
      float[][] whole = decoder.logits(row);

      // the default steps through the cache
      float[][] stepped = stepwise(decoder).logits(row);

      assertClose(stepped, whole);
    }
  }

  @ParameterizedTest
  @CsvSource({"mistral,1", "mistral,5", "qwen3,7", "llama_gqa,23"})
  void readsALongPromptInPieces(String name, int pieceLength) throws IOException {
    int[] row = range(20, 44);
    Path target = export(name, OnnxPrecision.FP32);
    try (OrtGraph graph = OrtGraph.open(target, GenAiConfig.read(target), RuntimeConfig.DEFAULT);
        OrtKvCache whole = new OrtKvCache(graph, 1, row.length, row.length);
        OrtKvCache pieces = new OrtKvCache(graph, 2, row.length, pieceLength)) {
      List<float[]> expected = new ArrayList<>();
      whole.read(0, row, (position, logits) -> expected.add(logits.clone()));

      for (int cacheRow : new int[] {1, 0, 1}) {
        float[][] found = new float[row.length][];
        pieces.read(cacheRow, row, (position, logits) -> found[position] = logits.clone());

        assertClose(found, expected.toArray(float[][]::new));
      }
    }
  }

  @Test
  void scoresTokensAndTheMostProbableOnes() throws IOException {
    GoldenDecoder golden = new GoldenDecoder("llama_gqa");
    try (OrtDecoder decoder = open("llama_gqa", OnnxPrecision.FP32)) {
      List<TokenScores> scores = decoder.score(golden.rows(), 3);

      assertThat(scores).hasSize(2);
      for (int i = 0; i < 2; i++) {
        int[] row = golden.rows().get(i);
        TokenScores score = scores.get(i);
        assertThat(score.logProbs()).hasSize(row.length);
        assertThat(score.logProbs()[0]).isNaN();
        assertThat(score.topIds()[0]).isEmpty();
        for (int t = 1; t < row.length; t++) {
          float[] logits = golden.logits(row)[t - 1];
          double sum = TokenScorer.logSumExp(logits);
          assertThat(score.logProbs()[t]).isCloseTo(logits[row[t]] - sum, within(1e-4));
          assertThat(score.topIds()[t]).containsExactly(TokenScorer.largest(logits, 3));
          assertThat(score.topLogProbs()[t][0])
              .isCloseTo(logits[score.topIds()[t][0]] - sum, within(1e-4));
        }
      }
    }
  }

  @Test
  void refusesWhatDoesNotFit() throws IOException {
    try (OrtDecoder decoder = open("llama_gqa", OnnxPrecision.FP32)) {
      assertThat(decoder.contextLength()).isEqualTo(64);
      assertThat(decoder.vocabSize()).isEqualTo(256);
      assertThatThrownBy(() -> decoder.start(List.of(range(0, 60)), 5))
          .hasMessage("60 tokens and 5 new ones, but the context length is 64");
      assertThatThrownBy(() -> decoder.score(List.of(new int[0]), 0))
          .hasMessage("a row has no tokens");
      try (DecodeSession session = decoder.start(List.of(range(0, 4)), 1)) {
        assertThatThrownBy(() -> session.advance(new int[] {1, 2}))
            .hasMessage("2 tokens for 1 rows");
        session.advance(new int[] {1});
        assertThatThrownBy(() -> session.advance(new int[] {1}))
            .hasMessage("no room: 5 tokens were reserved");
      }
    }
  }

  @Test
  void namesAFileThatIsMissingOrBroken() throws IOException {
    Path target = export("llama_gqa", OnnxPrecision.FP32);

    Files.writeString(target.resolve("model.onnx"), "no protobuf");
    assertThatThrownBy(() -> OrtDecoder.open(target))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("model.onnx: ONNX Runtime cannot load it");
    Files.delete(target.resolve("model.onnx"));
    assertThatThrownBy(() -> OrtDecoder.open(target))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("model.onnx: no such file");
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

  private static int[] greedy(OrtDecoder decoder, int[] prompt, int count) {
    int[] tokens = new int[count];
    try (DecodeSession session = decoder.start(List.of(prompt), count)) {
      for (int i = 0; i < count; i++) {
        tokens[i] = TokenScorer.largest(session.logits()[0], 1)[0];
        session.advance(new int[] {tokens[i]});
      }
    }
    return tokens;
  }

  /** The decoder with the interface's own way to all logits. */
  private static CausalDecoder stepwise(OrtDecoder decoder) {
    return new CausalDecoder() {
      @Override
      public int vocabSize() {
        return decoder.vocabSize();
      }

      @Override
      public int contextLength() {
        return decoder.contextLength();
      }

      @Override
      public List<TokenScores> score(List<int[]> rows, int topK) {
        return decoder.score(rows, topK);
      }

      @Override
      public DecodeSession start(List<int[]> prompts, int maxNewTokens) {
        return decoder.start(prompts, maxNewTokens);
      }

      @Override
      public void close() {}
    };
  }

  private static int[] range(int from, int to) {
    int[] ids = new int[to - from];
    Arrays.setAll(ids, i -> (from + i) * 5 % 256);
    return ids;
  }

  private OrtDecoder open(String checkpoint, OnnxPrecision precision) throws IOException {
    return OrtDecoder.open(export(checkpoint, precision));
  }

  private Path export(String checkpoint, OnnxPrecision precision) throws IOException {
    Path target = folder.resolve("package");
    return OnnxExporter.export(
        Checkpoints.folder(checkpoint),
        target,
        new OnnxExporter.Options(precision, 64, Map.of()),
        p -> target);
  }
}
